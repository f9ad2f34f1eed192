import { z } from "zod";

/** Upstream Mooncake's part of `kv.transfer`. Source: launch.md §3.3; vLLM 0.32, mooncake_connector.py. */
export const fields = z.strictObject({
  /** Unset: producer on prefill, consumer on decode; an engine that is asked for the other leg ends with an assertion. */
  kv_role: z.enum(["kv_producer", "kv_consumer", "kv_both"]).optional(),
  /** First port of prefill's bootstrap servers, at which the proxy and decode ask for its ranks. */
  bootstrap_port: z.int().default(8998),
  protocol: z.enum(["rdma", "tcp"]).default("rdma"),
  /** RDMA devices that may be used, between commas; unset: all. */
  device_name: z.string().min(1).optional(),
  /** Threads that send. */
  num_workers: z.int().positive().optional(),
  kv_load_failure_policy: z.enum(["fail", "recompute"]).optional(),
  /** Verbatim into the connector's extra config. */
  extra: z.record(z.string(), z.json()).optional(),
});

export type Fields = z.infer<typeof fields>;
