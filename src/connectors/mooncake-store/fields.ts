import { z } from "zod";
import { master } from "../mooncake-library/fields.ts";

/** A number of bytes, or text as 4GB. */
const bytes = z.union([z.int().nonnegative(), z.string().regex(/^\d+(\.\d+)? *([KMG]?B)?$/i, "bytes, or text as 4GB")]);

/** Upstream MooncakeStore's part of `kv.transfer` or `kv.cache`. Source: launch.md §3.4; vLLM 0.32, mooncake_store.py. */
export const fields = z
  .strictObject({
    /** A consumer stores only with save_decode_cache. Unset: both. */
    kv_role: z.enum(["kv_both", "kv_producer", "kv_consumer"]).optional(),
    /** embedded: every worker gives a segment of its node's memory; standalone-store: a mooncake_client of yours owns the pool. */
    mode: z.enum(["embedded", "standalone-store"]).default("embedded"),
    master: master.optional(),
    /** A master of your own, instead of one that pdctl starts. */
    master_server_address: z.string().min(1).optional(),
    metadata_server: z.string().default("P2PHANDSHAKE"),
    protocol: z.enum(["rdma", "tcp"]).default("rdma"),
    device_name: z.string().default(""),
    /** Of each worker, in mode embedded. Unset: vLLM's 4 GB. */
    global_segment_size: bytes.optional(),
    local_buffer_size: bytes.optional(),
    enable_offload: z.boolean().optional(),
    tenant_id: z.string().min(1).optional(),
    load_async: z.boolean().optional(),
    save_decode_cache: z.boolean().optional(),
    kv_load_failure_policy: z.enum(["fail", "recompute"]).optional(),
    /** Verbatim into the connector's extra config. */
    extra: z.record(z.string(), z.json()).optional(),
  })
  .refine(({ mode, global_segment_size: segment }) => mode === "embedded" || segment === undefined || segment === 0, {
    path: ["global_segment_size"],
    message: "is 0 or not written with mode standalone-store: the pool is the client's",
  });

export type Fields = z.infer<typeof fields>;
