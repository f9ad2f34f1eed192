import type { JsonObject } from "../json.ts";
import type { KvConfig } from "../start/kv-config.ts";

/** What a NIXL engine tells about itself at the first contact. */
export interface Meta {
  readonly engineId: string;
  readonly hash: string;
  readonly blockSize: number;
  readonly blocks: number;
  readonly layout: string;
  /** Everything that decides how the bytes lie in memory. */
  readonly memory: string;
  readonly tp: number;
  readonly pp: number;
}

export const readMeta = (head: JsonObject): Meta => ({
  engineId: String(head.engineId),
  hash: String(head.hash),
  blockSize: Number(head.blockSize),
  blocks: Number(head.blocks),
  layout: String(head.layout),
  memory: String(head.memory),
  tp: Number(head.tp),
  pp: Number(head.pp),
});

/** Why decode (local) may not pull from prefill (remote), if so. Source: launch.md §3.2, table of handshake checks. */
export function checkHandshake(local: Meta, remote: Meta, kv: KvConfig): string | undefined {
  const enforced =
    kv.extra.enforce_handshake_compat !== false && String(kv.extra.enforce_handshake_compat).toLowerCase() !== "false";
  if (enforced && local.hash !== remote.hash) {
    return `RuntimeError: NIXL compatibility hash mismatch. Local: ${local.hash}, Remote: ${remote.hash}. Prefill and decode instances have incompatible configurations.`;
  }
  const ratio = local.blockSize / remote.blockSize;
  if (!Number.isInteger(ratio))
    return `AssertionError: block_size_ratio: decode block size ${local.blockSize} is not a multiple of prefill block size ${remote.blockSize}`;
  if (ratio > 1 && kv.bufferDevice === "cpu")
    return "AssertionError: different block sizes are not supported with a host buffer";
  if (ratio > 1 && remote.tp > local.tp)
    return "AssertionError: different block sizes are not supported when prefill tp > decode tp";
  if (local.layout !== remote.layout && !(kv.permutes && remote.layout === "HND" && local.layout === "NHD")) {
    return `RuntimeError: Heterogeneous TP expects same kv_cache_layout, or set enable_permute_local_kv to True (local ${local.layout}, remote ${remote.layout})`;
  }
  if (local.tp % remote.tp !== 0 && remote.tp % local.tp !== 0)
    return `AssertionError: Local TP size ${local.tp} must be divisible by remote TP size ${remote.tp}`;
  if (local.pp !== 1 || remote.pp !== 1)
    return "AssertionError: pipeline parallelism is not supported by NixlConnector in pull mode";
  return undefined;
}
