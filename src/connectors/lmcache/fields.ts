import { z } from "zod";

/** `lmcache_server`, which keeps the chunks of all engines in its memory or on its disk. Source: LMCache, lmcache/v1/server/__main__.py. */
const server = z.strictObject({
  node: z.string(),
  /** Python environment that has the program; unset: it is in PATH. */
  venv: z.string().optional(),
  port: z.int().default(65432),
  /** cpu, or a directory on its node. */
  storage: z.string().default("cpu"),
});

/** LMCache's part of `kv.transfer` or `kv.cache`. Source: launch.md §3.9; LMCache, lmcache/v1/config.py. */
export const fields = z.strictObject({
  kv_role: z.enum(["kv_both", "kv_producer", "kv_consumer"]).default("kv_both"),
  /** A store that all engines reach, started by pdctl. */
  server: server.optional(),
  /** One of your own: lm://, redis://, and what else LMCache knows. */
  remote_url: z.string().min(1).optional(),
  /** Tokens of a chunk; only whole ones are stored. */
  chunk_size: z.int().positive().default(256),
  /** Keep chunks in the node's memory too. */
  local_cpu: z.boolean().default(true),
  /** GB of it, for each worker. */
  max_local_cpu_size: z.number().positive().optional(),
  /** Verbatim into LMCache's file. */
  config: z.record(z.string(), z.json()).optional(),
  kv_load_failure_policy: z.enum(["fail", "recompute"]).optional(),
  /** Verbatim into the connector's extra config. */
  extra: z.record(z.string(), z.json()).optional(),
});

export type Fields = z.infer<typeof fields>;
