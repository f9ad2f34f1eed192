import { z } from "zod";

/** Example's part of `kv.transfer`. Source: vLLM 0.32, example_connector.py. */
export const fields = z.strictObject({
  kv_role: z.enum(["kv_both", "kv_producer", "kv_consumer"]).default("kv_both"),
  /** A directory: every prompt is a folder in it, for ever. */
  shared_storage_path: z.string().min(1),
  /** The directory is one shared mount on all nodes. */
  shared_storage: z.boolean().default(false),
});

export type Fields = z.infer<typeof fields>;
