import { z } from "zod";
import { ssh } from "./ssh.ts";
import { count, deviceIds, env, line } from "./words.ts";

/** One entry: a node, or several that a range in `name` names; `host` and `ip` then hold ranges of the same length. */
export const node = z.strictObject({
  name: line,
  host: line.optional(),
  ip: line.optional(),
  nic: line.optional(),
  hardware: line,
  devices: z.union([count, deviceIds]).optional(),
  ssh: ssh.optional(),
  env: env.optional(),
  mounts: z.array(line).optional(),
  state_dir: line.optional(),
});
export type NodeEntry = z.infer<typeof node>;

export const nodes = z.array(node).min(1);
