import type { ProxyConfig, Role } from "../config.ts";
import { settled } from "../settings/usual.ts";

/** What a proxy with this config would do, for `--check`: one line each. Nothing is asked of any engine. */
export function account(given: ProxyConfig): readonly string[] {
  const config = settled(given);
  const { bind, port, family, max_concurrent, queue_size, queue_timeout_seconds } = config;
  const hold = config.kv_hold_seconds;
  const short = config.pd_min_prompt_tokens;
  return [
    `listens   ${bind.includes(":") ? `[${bind}]` : bind}:${port}`,
    `family    ${family}${hold === undefined ? "" : `, prefill holds KV for ${hold} s`}`,
    ...roleLines(config, "prefill", config.prefill_policy),
    ...roleLines(config, "decode", config.decode_policy),
    `short     ${short === undefined ? "every prompt takes both legs" : `below ${short} tokens to decode alone`}`,
    `limits    ${max_concurrent} at work, ${queue_size} waiting for at most ${queue_timeout_seconds} s`,
    `trouble   ${TROUBLE.map((key) => `${key} ${config[key]}`).join(", ")}`,
    `clients   ${clients(config)}`,
    ...(config.trace_endpoint === undefined ? [] : [`spans     to ${config.trace_endpoint}`]),
  ];
}

const TROUBLE = ["on_missing_kv", "on_prefill_down", "on_prefill_saturated", "on_prefill_500"] as const;

function clients({ tls, api_key_env, api_keys_file, admin_api_key_env }: ProxyConfig): string {
  const keys = api_key_env === undefined && api_keys_file === undefined ? "all are let in" : "those with a key";
  const admin = admin_api_key_env === undefined ? "admins on this machine" : "admins with their key";
  return `${tls === undefined ? "plain HTTP" : "TLS"}, ${keys}, ${admin}`;
}

function roleLines({ targets }: ProxyConfig, role: Role, policy: string): readonly string[] {
  const mine = targets.filter((target) => target.role === role);
  const ranks = mine.reduce((sum, { slots }) => sum + slots, 0);
  const count = `${mine.length} endpoint${mine.length === 1 ? "" : "s"}${ranks === mine.length ? "" : `, ${ranks} ranks`}`;
  return [
    `${role.padEnd(9)} ${count}, ${policy}`,
    ...mine.map(({ url, slots }) => `          ${url}${slots > 1 ? ` ×${slots}` : ""}`),
  ];
}
