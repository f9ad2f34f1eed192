import { z } from "zod";
import { duration, line } from "./words.ts";

/** What is not written comes from the user's ssh_config. */
export const ssh = z.strictObject({
  user: line.optional(),
  port: z.int().min(1).max(65_535).optional(),
  identity_file: line.optional(),
  jump: z.union([line, z.array(line).min(1)]).optional(),
  connect_timeout: duration.optional(),
  host_keys: z.union([line, z.array(line).min(1)]).optional(),
});
export type Ssh = z.infer<typeof ssh>;
