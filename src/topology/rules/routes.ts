import type { Rule } from "../rule.ts";
import type { ArgValue, Instance, Role, Topology } from "../topology.ts";
import { ranksPerNode } from "./parallel.ts";

/** HTTP endpoints that an instance shows to the proxy. */
function endpoints({ engine: { parallel }, nodes }: Instance): number {
  if (parallel.dp === 1) return 1;
  return parallel.dpLb === "external" ? parallel.dp : parallel.dpLb === "hybrid" ? nodes.length : 1;
}

/** P11: vllm-router knows one number of ranks for all nodes behind it. Source: launch.md §1.3. */
export const p11: Rule<Topology, { found: string }> = {
  id: "P11",
  level: "error",
  *check({ instances, proxy }) {
    if (proxy.kind !== "vllm-router") return;
    const hybrid = instances.filter(({ engine }) => engine.parallel.dpLb === "hybrid");
    const sizes = hybrid.map(ranksPerNode);
    if (new Set(sizes).size < 2) return;
    const found = hybrid.map(({ id }, index) => `${id} ${sizes[index]}`).join(", ");
    yield { at: [...proxy.path, "kind"], data: { found } };
  },
  message: ({ found }) => `vllm-router takes one number of ranks per node, and there are ${found}`,
  remedy: () => ["proxy.kind: pdctl", "or the same dp_local for every instance"],
};

/** R01: power of two draws two endpoints and takes the better one. Source: launch.md §3.12. */
export const r01: Rule<Topology, { role: Role; flag: string }> = {
  id: "R01",
  level: "error",
  *check({ instances, proxy }) {
    for (const role of ["prefill", "decode"] as const) {
      const flag = [`${role}-policy`, "policy"].find((name) => proxy.args[name] !== undefined);
      if (flag === undefined || !isPowerOfTwo(proxy.args[flag])) continue;
      const count = instances.filter((each) => each.role === role).reduce((sum, each) => sum + endpoints(each), 0);
      if (count < 2) yield { at: [...proxy.path, "args", flag], subject: role, data: { role, flag } };
    }
  },
  message: ({ role }) => `policy power_of_two needs two ${role} endpoints, and there is one`,
  remedy: ({ flag, role }) => [`${flag}: round_robin`, `or ${role}.instances: 2`],
};

const isPowerOfTwo = (value: ArgValue | undefined) => value === "power_of_two";

/** R03: other nodes and clients cannot reach a loopback address. Source: launch.md §0, seed 000. */
export const r03: Rule<Topology, { bind: string }> = {
  id: "R03",
  level: "warning",
  *check({ nodes, proxy }) {
    const { bind } = proxy;
    if (bind === undefined || !/^(127\.|localhost$|::1$)/.test(bind) || nodes.every(({ host }) => host === "local"))
      return;
    yield { at: [...proxy.path, "bind"], data: { bind } };
  },
  message: ({ bind }) => `the proxy listens on ${bind}, where no other machine reaches it`,
  remedy: () => "bind: 0.0.0.0, or the node's ip",
};

/** R07: only the bundled proxy looks at the length of a prompt. Source: launch.md §9.3. */
export const r07: Rule<Topology, { kind: string }> = {
  id: "R07",
  level: "warning",
  *check({ proxy }) {
    if (proxy.pdMinPromptTokens !== undefined && proxy.kind !== "pdctl")
      yield { at: [...proxy.path, "pd_min_prompt_tokens"], data: { kind: proxy.kind } };
  },
  message: ({ kind }) =>
    `pd_min_prompt_tokens has no effect with ${kind}: only pdctl's own proxy sends short prompts to decode alone`,
  remedy: () => ["proxy.kind: pdctl", "or leave pd_min_prompt_tokens out"],
};

/** R08: 0 is read as "always both legs" by one router and as "never" by another. Source: launch.md §0, seed 003, §9.3. */
export const r08: Rule<Topology, Record<string, never>> = {
  id: "R08",
  level: "error",
  *check({ proxy }) {
    if (proxy.pdMinPromptTokens === 0) yield { at: [...proxy.path, "pd_min_prompt_tokens"], data: {} };
  },
  message: () => "pd_min_prompt_tokens 0 is read as always by some and as never by others",
  remedy: () => [
    "leave pd_min_prompt_tokens out: every request takes both legs",
    "or pd_min_prompt_tokens: 512, to send shorter prompts to decode alone",
  ],
};
