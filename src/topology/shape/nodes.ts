import { z } from "zod";
import { ssh } from "./ssh.ts";
import { count, deviceIds, env, line, type Wrong } from "./words.ts";

/** One entry: a node, or several that a range in `name` names or `from` lists; `host` and `ip` then hold ranges of the same length. */
const keys = z.strictObject({
  name: line.optional(),
  from: line.optional(),
  group: line.optional(),
  host: line.optional(),
  ip: line.optional(),
  nic: line.optional(),
  hardware: line,
  devices: z.union([count, deviceIds]).optional(),
  numa: z.array(z.int().min(0).max(4095)).optional(),
  device_memory_gib: z.number().positive().max(4096).optional(),
  nic_gbps: z.number().positive().max(100_000).optional(),
  ssh: ssh.optional(),
  env: env.optional(),
  mounts: z.array(line).optional(),
  state_dir: line.optional(),
});

export const node = keys.refine(({ name, from }) => name !== undefined || from !== undefined, {
  error: "has no name",
  params: { code: "missing", remedy: ["name: …"] } satisfies Wrong,
});
export type NodeEntry = z.infer<typeof node>;

export const nodes = z.array(node).min(1);
