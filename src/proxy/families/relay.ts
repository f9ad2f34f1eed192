import type { Family } from "./family.ts";
import { handover } from "./handover.ts";

/** NIXL, Ascend's pulling Mooncake: prefill needs to be told nothing but that another engine decodes. Source: proxy-protocols.md §G.1. */
export const relay: Family = (legs) => handover(legs, () => ASK_PREFILL);

const ASK_PREFILL =
  '{"do_remote_decode":true,"do_remote_prefill":false,"remote_engine_id":null,"remote_block_ids":null,"remote_host":null,"remote_port":null}';
