import { proxies } from "../../proxies/index.ts";
import type { Rule } from "../rule.ts";
import type { ArgValue, Instance, Role, Topology } from "../topology.ts";
import { ranksOn } from "./parallel.ts";

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
    const sizes = hybrid.map((one) => [...new Set(one.nodes.map((_, node) => ranksOn(one, node)))]);
    if (new Set(sizes.flat()).size < 2) return;
    const found = hybrid.map(({ id }, index) => `${id} ${sizes[index]?.join(" and ")}`).join(", ");
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

/** R07: what the topology asks of the proxy, this kind has to be able to do. Source: launch.md §9.3, §3.12. */
export const r07: Rule<Topology, { key: string; kind: string; why: string; instead: string | undefined }> = {
  id: "R07",
  level: "warning",
  *check({ proxy }) {
    const { policies, ignores, flags } = proxies[proxy.kind];
    if (flags !== undefined && Object.keys(proxy.serving).length > 0) {
      const why = "only pdctl's own proxy has these";
      yield { at: [...proxy.path, "serving"], data: { key: "serving", kind: proxy.kind, why, instead: undefined } };
    }
    const { written, prefillPolicy, decodePolicy } = proxy;
    const decidedBy = (key: "prefill_policy" | "decode_policy") => (written.includes(key) ? key : "policy");
    const lost = (key: (typeof written)[number]) =>
      (decidedBy("prefill_policy") === key && policies[prefillPolicy] === undefined) ||
      (decidedBy("decode_policy") === key && policies[decodePolicy] === undefined);
    const deaf = [
      ...(proxy.pdMinPromptTokens === undefined ? [] : ["pd_min_prompt_tokens" as const]),
      ...written.filter((key) => key === "max_concurrent" || lost(key)),
    ].map(
      (key) =>
        [key, key === "max_concurrent" || key === "pd_min_prompt_tokens" ? ignores[key] : ignores.policy] as const,
    );
    for (const [key, why] of deaf)
      if (why !== undefined) {
        const instead = key.endsWith("policy") ? Object.keys(policies)[0] : undefined;
        yield { at: [...proxy.path, key], data: { key, kind: proxy.kind, why, instead } };
      }
  },
  message: ({ key, kind, why }) => `${key} has no effect with ${kind}: ${why}`,
  remedy: ({ key, instead }) => [
    "proxy.kind: pdctl",
    `or leave ${key} out`,
    ...(instead === undefined ? [] : [`or ${key}: ${instead}`]),
  ],
};

/** R09: a script has no name that a shell would find. Source: proxy-protocols.md §A.1. */
export const r09: Rule<Topology, { kind: string }> = {
  id: "R09",
  level: "error",
  *check({ proxy }) {
    const { flags, command } = proxies[proxy.kind];
    if (flags !== undefined && command === null && proxy.command === undefined)
      yield { at: [...proxy.path, "kind"], data: { kind: proxy.kind } };
  },
  message: ({ kind }) => `${kind} is a script, and proxy.command does not say where it is`,
  remedy: () => ["command: [python3, /path/to/toy_proxy_server.py]", "or proxy.kind: pdctl"],
};

/** R05: a proxy that waits for the engines waits as long as they may load. Source: launch.md §10.8. */
export const r05: Rule<Topology, { flag: string; seconds: number; ready: number }> = {
  id: "R05",
  level: "warning",
  *check({ proxy, timeouts }) {
    const flag = "worker-startup-timeout-secs";
    const seconds = Number(proxy.args[flag]);
    const ready = Math.ceil(timeouts.readyMs / 1000);
    if (proxy.kind === "vllm-router" && seconds < ready)
      yield { at: [...proxy.path, "args", flag], data: { flag, seconds, ready } };
  },
  message: ({ seconds, ready }) => `the proxy gives up after ${seconds}s, and engines may load for ${ready}s`,
  remedy: ({ flag, ready }) => [`leave ${flag} out: it follows from timeouts.ready`, `or ${flag}: ${ready}`],
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
