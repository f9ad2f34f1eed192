import { z } from "zod";
import { master } from "../mooncake-library/fields.ts";

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
