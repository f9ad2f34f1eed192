import type { ProxyConfig } from "../config.ts";
import type { Family } from "./family.ts";
import { relay } from "./relay.ts";
import { sharedStore } from "./shared-store.ts";

export const families: Readonly<Record<ProxyConfig["family"], Family>> = { relay, "shared-store": sharedStore };
