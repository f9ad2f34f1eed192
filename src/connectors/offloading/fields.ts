import { z } from "zod";

/** Offloading's part of `kv.cache`. Source: vLLM 0.32, v1/kv_offload/cpu/spec.py. */
export const fields = z.strictObject({
  kv_role: z.enum(["kv_both", "kv_producer", "kv_consumer"]).default("kv_both"),
  /** GiB of the node's memory, for all workers of an engine together. */
  cpu_gib: z.number().positive(),
  /** For releases that count blocks instead. */
  num_cpu_blocks: z.int().positive().optional(),
  /** Blocks that are moved together. */
  blocks_per_chunk: z.int().positive().optional(),
  /** Verbatim into the connector's extra config. */
  extra: z.record(z.string(), z.json()).optional(),
});

export type Fields = z.infer<typeof fields>;
