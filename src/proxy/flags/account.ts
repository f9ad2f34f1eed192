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
  ];
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
