import { z } from "zod";

/** What `mooncake_master` takes; each is passed on as `--name value`. Source: launch.md §3.11. */
const master = z.strictObject({
  node: z.string(),
  /** Python environment that has the program; unset: it is in PATH. */
  venv: z.string().optional(),
  port: z.int().default(50088),
  metrics_port: z.int().default(9003),
  eviction_high_watermark_ratio: z.number().min(0).max(1).optional(),
  eviction_ratio: z.number().min(0).max(1).optional(),
  /** Milliseconds, or text with a unit for newer masters. */
  default_kv_lease_ttl: z.union([z.int(), z.string()]).optional(),
  client_ttl: z.int().optional(),
  rpc_thread_num: z.int().optional(),
  enable_metric_reporting: z.boolean().optional(),
  allocation_strategy: z.string().optional(),
  memory_allocator: z.enum(["offset", "cachelib"]).optional(),
});

/** The file that `MOONCAKE_CONFIG_PATH` names; pdctl adds the master's address. Other keys pass through. Source: launch.md §3.5. */
const mooncakeJson = z.looseObject({
  metadata_server: z.string().default("P2PHANDSHAKE"),
  protocol: z.string().default("ascend"),
  device_name: z.string().default(""),
  global_segment_size: z.union([z.string(), z.int()]).default("1GB"),
});

/** Its part of `kv.transfer`. Source: launch.md §3.5. */
export const fields = z.strictObject({
  variant: z.enum(["v1", "hybrid", "layerwise"]).default("v1"),
  /** Unset: producer on prefill, consumer on decode. */
  kv_role: z.enum(["kv_producer", "kv_consumer", "kv_both"]).optional(),
  /** First port of the group's span; outside the range that the transfer engine draws from at random. */
  kv_port: z.int().default(28001),
  master: master.optional(),
  mooncake_json: mooncakeJson.prefault({}),
  extra: z.record(z.string(), z.json()).optional(),
});

export type Fields = z.infer<typeof fields>;
