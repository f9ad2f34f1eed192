import { z } from "zod";

/** UCM's part of `kv.transfer` or `kv.cache`. Source: launch.md §3.8. */
export const fields = z.strictObject({
  kv_role: z.enum(["kv_both", "kv_producer", "kv_consumer"]).default("kv_both"),
  /** Directories that hold the KV blocks; the same text on every node. */
  storage_backends: z.array(z.string()).min(1),
  /** The directories are one shared mount on all nodes. */
  shared_storage: z.boolean().default(false),
  ucm_connector_name: z.string().default("UcmPipelineStore"),
  store_pipeline: z.string().default("Cache|Posix"),
  cache_buffer_capacity_gb: z.number().positive().optional(),
  enable_event_sync: z.boolean().default(true),
  use_layerwise: z.boolean().default(false),
  /** Verbatim into `ucm_connector_config` of the file. */
  store: z.record(z.string(), z.json()).optional(),
  /** Verbatim into the connector's extra config. */
  extra: z.record(z.string(), z.json()).optional(),
});

export type Fields = z.infer<typeof fields>;
