import { settings } from "../settings/index.ts";
import type { Draft } from "./draft.ts";

/** Policies of vllm-router that go by another name here, or come near one. Source: proxy-protocols.md §B.1, §B.6 */
const NAMES: Readonly<Record<string, { readonly prefill: string; readonly decode: string }>> = {
  cache_aware: { prefill: "prefix_aware", decode: "least_loaded" },
  rendezvous_hash: { prefill: "consistent_hash", decode: "consistent_hash" },
  sticky_least_loaded: { prefill: "consistent_hash", decode: "consistent_hash" },
  prefix_aware: { prefill: "prefix_aware", decode: "least_loaded" },
};
const NOT_HERE: Readonly<Record<string, string>> = {
  kv_aware: "it needs the engines' KV events; write prefix_aware, which goes by what it sent where",
};

/** What is written for one role counts more than `--policy`, wherever the two stand. */
export function addPolicies(draft: Draft): void {
  for (const role of ["prefill", "decode"] as const) {
    const said = draft.policies.get(role) ?? draft.policies.get("both");
    if (said === undefined) continue;
    const key = `${role}_policy` as const;
    const { is, expects } = settings[key].check;
    const policy = is(said.word) ? said.word : (NAMES[said.word]?.[role] ?? said.word);
    const why = NOT_HERE[said.word] ?? (is(policy) ? undefined : `expected ${expects}`);
    if (why !== undefined) draft.faults.push(`${said.name} ${said.word}: ${why}`);
    else draft.keys.set(key, policy);
    if (why === undefined && policy !== said.word)
      draft.notes.push(`${said.name} ${said.word}: ${policy} for ${role}, which comes nearest`);
  }
}
