import { z } from "zod";

/** What `mooncake_master` takes; each is passed on as `--name value`. Source: launch.md §3.11. */
export const master = z.strictObject({
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

export type Master = z.infer<typeof master>;
