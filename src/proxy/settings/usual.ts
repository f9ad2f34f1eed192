import type { ProxyConfig } from "../config.ts";
import type { Key, Values } from "./setting.ts";

/** What holds where nothing is written. A long prompt on cold graphs takes minutes. Source: proxy-protocols.md §3.0 */
export const usual = {
  bind: "0.0.0.0",
  port: 8000,
  prefill_policy: "least_loaded",
  decode_policy: "least_loaded",
  max_concurrent: 4096,
  queue_size: 1024,
  queue_timeout_seconds: 60,
  prefill_timeout_seconds: 600,
  first_byte_timeout_seconds: 600,
  prefill_retries: 2,
  decode_retries: 1,
  idle_timeout_seconds: 300,
  on_missing_kv: "fail",
  on_prefill_down: "fail",
  on_prefill_saturated: "queue",
  on_prefill_500: "fail",
  drain_timeout_seconds: 600,
  notice_seconds: 0,
  grace_seconds: 60,
  split_most: 16,
  correct_cached_tokens: true,
  decode_alone: true,
  upstream: "sockets",
  trace_share: 1,
} as const satisfies Partial<Values>;

/** The config with a value for every key that has a usual one. */
export const settled = (config: ProxyConfig) => ({ ...usual, ...config });
export type Settled = ReturnType<typeof settled>;

/** The usual value of a key as text, where it has one. */
export function usualOf(key: Key): string | undefined {
  const found = Object.entries(usual).find(([name]) => name === key);
  return found === undefined ? undefined : String(found[1]);
}
