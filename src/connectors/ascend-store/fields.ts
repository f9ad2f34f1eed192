import { z } from "zod";
import { master } from "../mooncake-library/fields.ts";

/** AscendStore's part of `kv.cache`. Source: launch.md §3.6; vllm-ascend, kv_pool.md and mooncake_backend.py. */
export const fields = z.strictObject({
  /** Unset: producer on prefill, consumer on decode. */
  kv_role: z.enum(["kv_both", "kv_producer", "kv_consumer"]).optional(),
  /** memcache and yuanrong read a file of their own, which env MMC_LOCAL_CONFIG_PATH or YR_CONFIG_PATH names. */
  backend: z.enum(["mooncake", "memcache", "yuanrong"]).default("mooncake"),
  /** Unset: that of kv.transfer. */
  master: master.optional(),
  /** Of each worker. */
  global_segment_size: z.union([z.string().min(1), z.int().positive()]).default("1GB"),
  local_buffer_size: z.union([z.string().min(1), z.int().positive()]).optional(),
  /** What else the store's file holds, verbatim: preferred_segment, enable_ssd_offload, … */
  store: z.record(z.string(), z.json()).optional(),
  load_async: z.boolean().optional(),
  consumer_is_to_put: z.boolean().optional(),
  consumer_is_to_load: z.boolean().optional(),
  use_layerwise: z.boolean().optional(),
  /** Verbatim into the connector's extra config. */
  extra: z.record(z.string(), z.json()).optional(),
});

export type Fields = z.infer<typeof fields>;
