import { NIXL_ASKS } from "./asked.ts";
import type { Family } from "./family.ts";
import { handover } from "./handover.ts";

/** NIXL, Ascend's pulling Mooncake: prefill needs to be told nothing but that another engine decodes. Source: proxy-protocols.md §G.1. */
export const relay: Family = (legs) => handover(legs, () => ASKED);

const ASKED = JSON.stringify(NIXL_ASKS);
