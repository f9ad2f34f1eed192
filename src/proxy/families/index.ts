import type { FamilyName } from "../config.ts";
import type { Family } from "./family.ts";
import { layerwise } from "./layerwise.ts";
import { mooncake } from "./mooncake.ts";
import { moriioRead, moriioWrite } from "./moriio.ts";
import { nixlPush } from "./nixl-push.ts";
import { relay } from "./relay.ts";
import { sharedStore } from "./shared-store.ts";

export const families: Readonly<Record<FamilyName, Family>> = {
  relay,
  "shared-store": sharedStore,
  mooncake,
  layerwise,
  "nixl-push": nixlPush,
  "moriio-write": moriioWrite,
  "moriio-read": moriioRead,
};
