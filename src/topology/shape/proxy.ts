import { z } from "zod";
import { args, atLeastOne, command, count, duration, env, line, port, textThat } from "./words.ts";

const policies = ["round_robin", "least_loaded", "random", "power_of_two", "consistent_hash"] as const;
const policy = z.enum(policies);
const ofOneLeg = z.enum([...policies, "prefix_aware"]);

const collector = textThat((text) => /^https?:\/\/[^\s/]+$/.test(text), "is no address of a collector", {
  code: "type",
  remedy: ["http://10.0.0.9:4318, without a path"],
});

const keyName = textThat((text) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text), "is not the name of a variable", {
  code: "name",
  remedy: ["a name like PROXY_KEYS; its value comes from your environment and stands nowhere"],
});

/** What pdctl's own can be told beside; its page has the usual values. */
const serving = z.strictObject({
  queue_size: count.optional(),
  queue_timeout: duration.optional(),
  max_prefill_per_endpoint: atLeastOne.optional(),
  prefill_timeout: duration.optional(),
  first_byte_timeout: duration.optional(),
  idle_timeout: duration.optional(),
  handoff_timeout: duration.optional(),
  drain_timeout: duration.optional(),
  prefill_retries: count.optional(),
  decode_retries: z.int().min(0).max(1).optional(),
  on_missing_kv: z.enum(["fail", "decode-only", "retry"]).optional(),
  on_prefill_down: z.enum(["fail", "decode-only"]).optional(),
  on_prefill_saturated: z.enum(["queue", "decode-only"]).optional(),
  on_prefill_500: z.enum(["fail", "retry"]).optional(),
  split_most: atLeastOne.optional(),
  correct_cached_tokens: z.boolean().optional(),
  resume_recomputed: z.boolean().optional(),
  remote_host_override: z.boolean().optional(),
  request_log: z.boolean().optional(),
  trace_endpoint: collector.optional(),
  trace_share: z.number().min(0).max(1).optional(),
  metrics_compat: z.enum(["vllm-router"]).optional(),
  notice: duration.optional(),
  api_key_env: keyName.optional(),
  admin_api_key_env: keyName.optional(),
  upstream_api_key_env: keyName.optional(),
});

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
  prefill_policy: ofOneLeg.optional(),
  decode_policy: ofOneLeg.optional(),
  pd_min_prompt_tokens: count.optional(),
  max_concurrent: atLeastOne.default(4096),
  serving: serving.optional(),
});
