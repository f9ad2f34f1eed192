import { z } from "zod";

/** NIXL's part of `kv.transfer`. Source: launch.md §3.1, §3.2. */
export const fields = z.strictObject({
  /** Unset: kv_both, or the side that the engine is on where that is deprecated. */
  kv_role: z.enum(["kv_both", "kv_producer", "kv_consumer"]).optional(),
  /** Decode pulls the KV, as where this is not set, or prefill pushes it. */
  mode: z.enum(["pull", "push"]).optional(),
  /** First port of the span in which the engines listen for each other's handshake. */
  side_channel_port: z.int().default(5600),
  /** Seconds that prefill keeps KV that decode has not pulled. */
  lease_seconds: z.int().positive().optional(),
  kv_buffer_device: z.string().optional(),
  kv_load_failure_policy: z.enum(["fail", "recompute"]).optional(),
  enforce_handshake_compat: z.boolean().optional(),
  backends: z.array(z.string()).min(1).optional(),
  num_threads: z.int().positive().optional(),
  /** Verbatim into the connector's extra config. */
  extra: z.record(z.string(), z.json()).optional(),
});

export type Fields = z.infer<typeof fields>;
