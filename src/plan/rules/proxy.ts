import { firsts, once } from "../../once.ts";
import type { Rule } from "../../topology/rule.ts";
import type { Service } from "../plan.ts";
import { engines, nodesByName, type Planned, words, wordsOf } from "./command-line.ts";

function proxyOf({ plan }: Planned): Service | undefined {
  return plan.services.find(({ kind }) => kind === "proxy");
}

const lists = ["prefiller", "decoder", "worker"] as const;

/** R02: hosts and ports of the engines are two lists that are read side by side. Source: launch.md §3.12. */
export const r02: Rule<Planned, { list: string; hosts: number; ports: number }> = {
  id: "R02",
  level: "error",
  *check(planned) {
    const proxy = proxyOf(planned);
    for (const list of proxy === undefined ? [] : lists) {
      const hosts = proxy && wordsOf(proxy, `--${list}-hosts`, `--${list}-host`);
      const ports = proxy && wordsOf(proxy, `--${list}-ports`, `--${list}-port`);
      if (hosts === undefined || ports === undefined || hosts.length === ports.length) continue;
      yield { at: [...planned.topology.proxy.path, "args"], data: { list, hosts: hosts.length, ports: ports.length } };
    }
  },
  message: ({ list, hosts, ports }) => `proxy has ${hosts} ${list} hosts and ${ports} ${list} ports`,
  remedy: ({ list }) => `leave ${list}-hosts and ${list}-ports out: they follow from the engines`,
};

/** R04: vllm-router numbers the ranks behind a URL by one size for all. Source: launch.md §1.3, §3.12. */
export const r04: Rule<Planned, { url: string; size: number; slots: number }> = {
  id: "R04",
  level: "error",
  *check(planned) {
    const { topology, plan } = planned;
    const proxy = proxyOf(planned);
    if (topology.proxy.kind !== "vllm-router" || proxy === undefined) return;
    if (new Set(plan.targets.map(({ slots }) => slots)).size > 1) return; // no size fits: P11
    const size = Number(wordsOf(proxy, "--intra-node-data-parallel-size")?.[0] ?? 1);
    const odd = plan.targets.find(({ slots }) => slots !== size);
    if (odd !== undefined)
      yield { at: [...topology.proxy.path, "args"], data: { url: odd.url, size, slots: odd.slots } };
  },
  message: ({ url, size, slots }) => `proxy has --intra-node-data-parallel-size ${size}, and ${url} holds ${slots}`,
  remedy: ({ slots }) => `leave it out, or intra-node-data-parallel-size: ${slots}`,
};

const targetsByUrl = once(({ targets }: Planned["plan"]) => firsts(targets, ({ url }) => url));

/** R06: a process without HTTP answers no request. Source: launch.md §1.2. */
export const r06: Rule<Planned, { url: string; engine: string }> = {
  id: "R06",
  level: "error",
  *check({ topology, plan }) {
    for (const engine of engines(plan).filter((each) => words(each, "headless") !== undefined)) {
      const ip = nodesByName(plan).get(engine.node)?.ip;
      const [port] =
        words(engine, "port") ??
        engine.listens.filter(({ purpose }) => purpose === "http").map((each) => String(each.port));
      const target = targetsByUrl(plan).get(`http://${ip}:${port ?? 8000}`);
      if (target !== undefined)
        yield { at: topology.proxy.path, subject: engine.id, data: { url: target.url, engine: engine.id } };
    }
  },
  message: ({ url, engine }) => `proxy sends requests to ${url}, and ${engine} has no HTTP`,
  remedy: () => "leave headless out of argv; parallel.dp_lb decides who serves",
};

/** R10: llm-d's sidecar forwards to a port of its own node, and to one. Source: proxy-protocols.md §F.1. */
export const r10: Rule<Planned, { node: string; decode: string }> = {
  id: "R10",
  level: "error",
  *check({ topology, plan }) {
    const proxy = proxyOf({ topology, plan });
    if (topology.proxy.kind !== "llm-d-sidecar" || proxy === undefined || plan.rehearsal) return;
    const ip = plan.nodes.find(({ name }) => name === proxy.node)?.ip;
    const targets = plan.targets.filter(({ role }) => role === "decode");
    if (targets.some(({ url }) => !URL.canParse(url))) return; // an address that the nodes will tell
    const decode = targets.map(({ url }) => new URL(url));
    if (decode.length === 1 && decode[0]?.hostname === ip) return;
    const data = { node: proxy.node, decode: decode.map(({ host }) => host).join(", ") };
    yield { at: [...topology.proxy.path, "kind"], data };
  },
  message: ({ node, decode }) => `llm-d-sidecar on ${node} serves one decode endpoint there, and decode is ${decode}`,
  remedy: () => ["proxy.node: the node of the only decode endpoint", "or proxy.kind: pdctl"],
};
