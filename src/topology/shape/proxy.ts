import { z } from "zod";
import { args, atLeastOne, command, count, env, line, port } from "./words.ts";

const policies = ["round_robin", "least_loaded", "random", "power_of_two", "consistent_hash"] as const;
const policy = z.enum(policies);

export const proxy = z.strictObject({
  node: line,
  bind: line.optional(),
  port: port.default(8000),
  kind: z
    .enum(["pdctl", "vllm-router", "vllm-toy", "ucm-toy", "ascend", "ascend-layerwise", "llm-d-sidecar"])
    .default("pdctl"),
  command: command.optional(),
  /** Where the other kinds' program is: a Python environment. */
  venv: line.optional(),
  args: args.optional(),
  env: env.optional(),
  /** Of both legs, unless one has its own. */
  policy: policy.default("least_loaded"),
  prefill_policy: z.enum([...policies, "prefix_aware"]).optional(),
  decode_policy: policy.optional(),
  pd_min_prompt_tokens: count.optional(),
  max_concurrent: atLeastOne.default(4096),
});
