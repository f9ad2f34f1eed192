import { z } from "zod";

/** MoRI-IO's part of `kv.transfer`. Source: launch.md §2.1; vLLM 0.32, moriio_common.py. */
export const fields = z.strictObject({
  /** Unset: producer on prefill, consumer on decode. */
  kv_role: z.enum(["kv_producer", "kv_consumer"]).optional(),
  /** First port of the spans in which the workers of an engine shake hands, and say that KV has arrived. */
  handshake_port: z.int().default(6301),
  notify_port: z.int().default(61005),
  /** Port of the proxy at which engines say every 3 s that they are there. */
  proxy_ping_port: z.int().default(36367),
  /** Decode pulls; unset: prefill writes. */
  read_mode: z.boolean().optional(),
  backend: z.enum(["rdma", "xgmi"]).optional(),
  qp_per_transfer: z.int().positive().optional(),
  num_workers: z.int().positive().optional(),
  /** Seconds. */
  transfer_timeout: z.number().positive().optional(),
  /** Verbatim into the connector's extra config. */
  extra: z.record(z.string(), z.json()).optional(),
});

export type Fields = z.infer<typeof fields>;

/** Decode reads KV that prefill holds; else prefill writes it. Source: vLLM 0.32, get_moriio_mode. */
export function reads({ read_mode, extra }: { readonly read_mode?: unknown; readonly extra?: unknown }): boolean {
  const more = typeof extra === "object" && extra !== null && "read_mode" in extra ? extra.read_mode : undefined;
  return ["true", "1"].includes(
    String(more ?? read_mode ?? false)
      .trim()
      .toLowerCase(),
  );
}
