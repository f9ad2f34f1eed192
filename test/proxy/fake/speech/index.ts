import { layerwise } from "./layerwise.ts";
import { mooncake } from "./mooncake.ts";
import { moriioWrite } from "./moriio-write.ts";
import { nixlPush } from "./nixl-push.ts";
import type { Speech } from "./speech.ts";
import { ucm } from "./store.ts";
import { gaudi, mooncakeAscend, moriioRead, nixl } from "./ticket.ts";

/** Each connector's engines. */
export const speeches = {
  nixl,
  gaudi,
  "mooncake-ascend": mooncakeAscend,
  ucm,
  mooncake,
  "nixl-push": nixlPush,
  "moriio-write": moriioWrite,
  "moriio-read": moriioRead,
  layerwise,
} as const satisfies Readonly<Record<string, Speech>>;

export type Dialect = keyof typeof speeches;
