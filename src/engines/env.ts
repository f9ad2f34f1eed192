import { createHash } from "node:crypto";
import type { Env } from "../topology/topology.ts";

/** What every engine has, on any hardware. Source: seed-lines.md §0.2, C5; launch.md §4.1. */
export const common = (ask: { hashSeed: number; ip: string; kvLayout: string | undefined; scratch: string }): Env => ({
  PYTHONHASHSEED: String(ask.hashSeed),
  SPT_NOENV: "1", // a process that renames itself would overwrite its environment, and with it the mark
  VLLM_ENGINE_READY_TIMEOUT_S: "3600",
  VLLM_HOST_IP: ask.ip,
  VLLM_HTTP_TIMEOUT_KEEP_ALIVE: "120", // longer than the proxy keeps a connection idle
  VLLM_RPC_BASE_PATH: ask.scratch,
  ...(ask.kvLayout !== undefined && { VLLM_KV_CACHE_LAYOUT: ask.kvLayout }),
});

const LONGEST = 60; // vLLM adds a name of its own; a socket's path ends at 107 bytes

/** Directory of an engine's sockets: its own, so that `down` removes exactly it. */
export function scratch(cluster: string, service: string): string {
  const plain = `/tmp/pdctl-${cluster}-${service}`;
  if (Buffer.byteLength(plain) <= LONGEST) return plain;
  return `/tmp/pdctl-${createHash("sha256").update(plain).digest("hex").slice(0, 16)}`;
}
