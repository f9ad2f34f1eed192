import { settings } from "../settings/index.ts";
import type { Draft } from "./draft.ts";

/** Policies of vllm-router that go by another name here, or come near one. Source: proxy-protocols.md §B.1, §B.6 */
const NAMES: Readonly<Record<string, string>> = {
  cache_aware: "prefix_aware",
  rendezvous_hash: "consistent_hash",
  sticky_least_loaded: "consistent_hash",
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
    const policy = is(said.word) ? said.word : (NAMES[said.word] ?? said.word);
    const why = NOT_HERE[said.word] ?? (is(policy) ? undefined : `expected ${expects}`);
    const fault = `${said.name} ${said.word}: ${why}`;
    if (why !== undefined && !draft.faults.includes(fault)) draft.faults.push(fault); // once for both roles
    if (why === undefined) draft.keys.set(key, policy);
    if (why === undefined && policy !== said.word)
      draft.notes.push(`${said.name} ${said.word}: ${policy} for ${role}, which comes nearest`);
  }
}
