import type { JudgedTopology } from "../../plan/facts/judged.ts";
import type { Plan, Service } from "../../plan/plan.ts";
import type { Path, Rule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import { size } from "../../words/numbers.ts";
import { answered } from "../answered.ts";
import { usesOf } from "../pairs.ts";

type Planned = { topology: Topology; plan: Plan };

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A04 for a store: its clients all talk to one master. Source: launch.md §3.4, §3.6, §3.11. */
export const oneMaster = (store: string): Rule<Topology, { why: string; store: string; twice: boolean }> => ({
  id: "A04",
  level: "error",
  *check(topology) {
    const { kv, nodes } = topology;
    for (const { use } of usesOf(store, topology)) {
      if ((use.fields.prefill["backend"] ?? "mooncake") !== "mooncake") continue; // another library's store
      const masters = [kv.transfer, kv.cache]
        .flatMap((each) => (each ? [each.fields.prefill["master"]] : []))
        .filter(isRecord);
      const node = nodes.find(({ name }) => name === masters[0]?.["node"]);
      const several = nodes.length > 1 && nodes.some(({ host }) => host !== "local");
      const elsewhere = typeof use.fields.prefill["master_server_address"] === "string";
      const why =
        masters.length + Number(elsewhere) > 1
          ? "has two masters"
          : masters.length + Number(elsewhere) === 0
            ? "has no master"
            : several && /^127\./.test(node?.ip ?? "")
              ? "has its master on a loopback address"
              : undefined;
      if (why !== undefined)
        yield { at: [...use.path, "master"], data: { why, store, twice: why === "has two masters" } };
    }
  },
  message: ({ why, store, twice }) => `${store} ${why}, and every engine needs ${twice ? "the same" : "it"}`,
  remedy: ({ twice }) =>
    twice ? "master in one place alone" : "master: { node: one that all engines reach, port: 50088 }",
});

const GIB = 2 ** 30;

/** A08 for a store: every worker gives it a segment of the node's memory. Source: launch.md §3.4, §3.5. */
export const segments = (
  store: string,
  usual: { readonly segment: number; readonly buffer: number },
): Rule<JudgedTopology, { node: string; needed: number; free: number }> => ({
  id: "A08",
  level: "warning",
  *check(judged) {
    for (const { use, roles } of usesOf(store, judged.topology)) {
      for (const { node, said, instances } of answered(store, judged)) {
        const free = said.limits?.memory?.available;
        const needed = instances
          .filter(({ role }) => roles.includes(role))
          .reduce((sum, { role, engine, nodes }) => {
            const { tp, pp, pcp, dp } = engine.parallel;
            return sum + ((tp * pp * pcp * dp) / Math.max(nodes.length, 1)) * perWorker(use.fields[role], usual);
          }, 0);
        if (free !== undefined && needed > free)
          yield { at: [...use.path, "global_segment_size"], subject: node, data: { node, needed, free } };
      }
    }
  },
  message: ({ node, needed, free }) =>
    `the store's segments need ${size(needed)} on ${node}, which has ${size(free)} of memory available`,
  remedy: () => "global_segment_size: a smaller one",
});

const perWorker = (
  fields: Readonly<Record<string, unknown>>,
  usual: { readonly segment: number; readonly buffer: number },
): number =>
  (fields["mode"] === "standalone-store" ? 0 : (bytes(fields["global_segment_size"]) ?? usual.segment * GIB)) +
  (bytes(fields["local_buffer_size"]) ?? usual.buffer * GIB);

/** `1GB`, `512MB`, or bytes. */
function bytes(value: unknown): number | undefined {
  const [, digits, unit = ""] = /^(\d+)\s*([KMGT]?)i?B?$/i.exec(String(value ?? "")) ?? [];
  const power = ["", "K", "M", "G", "T"].indexOf(unit.toUpperCase());
  return digits === undefined ? undefined : Number(digits) * 1024 ** power;
}

/** N11: a second master on a node needs another metrics port too, which has a default. Source: launch.md §2.1. */
export const n11: Rule<Planned, { node: string; port: number; first: string; second: string }> = {
  id: "N11",
  level: "error",
  *check({ topology, plan }) {
    const masters = plan.services.filter(({ argv }) => /(^|\/)mooncake_master$/.test(argv[0] ?? ""));
    for (const [index, second] of masters.entries()) {
      const port = metricsPort(second);
      const first = masters.slice(0, index).find((each) => each.node === second.node && metricsPort(each) === port);
      if (first === undefined) continue;
      const own = [first, second].flatMap(({ id }) => topology.services.find(({ name }) => name === id)?.path ?? []);
      yield {
        at: own.length === 0 ? masterPath(topology) : [...own.slice(0, 2), "command"],
        data: { node: second.node, port, first: first.id, second: second.id },
      };
    }
  },
  message: ({ node, port, first, second }) =>
    `metrics port ${port} on ${node} is taken twice: by ${first} and by ${second}`,
  remedy: ({ port }) => `--metrics_port=${port + 1} on one of them`,
};

function metricsPort({ argv }: Service): number {
  const at = argv.findIndex((each) => /^--metrics_port(=|$)/.test(each));
  return Number(argv[at]?.split("=")[1] ?? argv[at + 1] ?? 9003) || 9003;
}

/** Where the master is written. */
const masterPath = ({ kv }: Topology): Path => [
  ...(isRecord(kv.cache?.fields.prefill["master"]) ? kv.cache.path : kv.transfer.path),
  "master",
];
