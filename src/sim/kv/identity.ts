import { createHash, randomUUID } from "node:crypto";
import { networkInterfaces } from "node:os";
import type { KvConfig } from "../start/kv-config.ts";
import type { RankContext } from "./connector.ts";
import type { Meta } from "./nixl-handshake.ts";

/** Ranks of a group get a suffix, a lone engine does not. Source: launch.md §2.3. */
export function engineIdOf(kv: KvConfig, { rank, config }: RankContext): string {
  const id = kv.engineId ?? randomUUID();
  return config.parallel.dp > 1 ? `${id}_dp${rank}` : id;
}

/** What decides how the bytes lie in memory. */
export const memoryOf = ({ config }: RankContext): string =>
  `${config.platform.kvLayout} ${config.dtype} ${config.kvCacheDtype}`;

/** What a NIXL engine says about itself; the hash covers what vLLM's covers, as far as the stand-in has it. Source: launch.md §3.2. */
export function metaOf(engineId: string, kv: KvConfig, context: RankContext): Meta {
  const { config, pool } = context;
  const { version, model, dtype, kvCacheDtype, parallel, platform } = config;
  const crossLayers = kv.extra.enable_cross_layers_blocks === true;
  const factors = [version, CONNECTOR_VERSION, model, dtype, kvCacheDtype, crossLayers];
  return {
    engineId,
    hash: createHash("sha256").update(JSON.stringify(factors)).digest("hex"),
    blockSize: pool.blockSize,
    blocks: pool.count,
    layout: platform.kvLayout,
    memory: memoryOf(context),
    tp: parallel.tp,
    pp: parallel.pp,
  };
}

const CONNECTOR_VERSION = 7;

/** What vLLM takes for the node's address when it is not told: the first that is not the loopback's. */
export function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}
