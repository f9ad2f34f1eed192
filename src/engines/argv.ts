import type { Explained } from "../plan/plan.ts";
import type { Args, Instance, Json, Model } from "../topology/topology.ts";
import type { Layout, Process } from "./layout.ts";
import { sorted, words } from "./words.ts";

export interface ArgvAsk {
  /** `vllm serve`, or a program that takes the same arguments. */
  readonly command: readonly string[];
  readonly model: Model;
  readonly instance: Instance;
  readonly layout: Layout;
  readonly process: Process;
  readonly bind: string;
  readonly http?: number;
  /** Address of the node that holds rank 0, and its name for people. */
  readonly head: { readonly ip: string; readonly node: string };
  readonly rpc?: number;
  readonly master?: number;
  /** First port of the ranks' KV events: each rank adds its number. */
  readonly kvEvents?: number;
  /** The whole KVTransferConfig, and whose it is. */
  readonly kv?: { readonly json: string; readonly from: string; readonly why: string };
}

/** One engine's command line in canonical order, each argument with its origin. Source: seed-lines.md §0.2, C2–C4. */
export const argv = (ask: ArgvAsk): readonly Explained[] => [
  ...identity(ask),
  ...address(ask),
  ...parallelism(ask),
  ...grouping(ask),
  ...user(ask),
  ...transfer(ask),
];

function identity({ command, model }: ArgvAsk): readonly Explained[] {
  const of = (words: readonly string[], ...path: readonly string[]): Explained => ({
    words,
    from: "topology",
    why: path.join("."),
    paths: [path, ["model"]],
  });
  return [
    of([...command, model.path], "model", "path"),
    ...(model.servedNameIsSet ? [of(["--served-model-name", model.servedName], "model", "served_name")] : []),
    ...(model.tokenizer === undefined ? [] : [of(["--tokenizer", model.tokenizer], "model", "tokenizer")]),
  ];
}

/** Engines without an endpoint take no address: vLLM says so when they get one. */
function address({ instance, process, bind, http }: ArgvAsk): readonly Explained[] {
  if (process.headless || http === undefined) return [];
  const asked = instance.engine.bind !== undefined;
  return [
    asked
      ? { words: ["--host", bind], from: "topology", why: "engine.bind", paths: layers(instance, "bind") }
      : { words: ["--host", bind], from: "pdctl", why: "engine.bind, default" },
    {
      words: ["--port", String(http)],
      from: "topology",
      why: `${instance.role}.port + ${http - instance.engine.port}`,
      paths: layers(instance, "port"),
    },
  ];
}

function parallelism({ instance }: ArgvAsk): readonly Explained[] {
  const { tp, pp, pcp, dcp } = instance.engine.parallel;
  const size = (flag: string, key: string, value: number): Explained => ({
    words: [`--${flag}`, String(value)],
    from: "topology",
    why: `parallel.${key}`,
    paths: layers(instance, "parallel", key),
  });
  return [
    size("tensor-parallel-size", "tp", tp),
    ...(pp > 1 ? [size("pipeline-parallel-size", "pp", pp)] : []),
    ...(pcp > 1 ? [size("prefill-context-parallel-size", "pcp", pcp)] : []),
    ...(dcp > 1 ? [size("decode-context-parallel-size", "dcp", dcp)] : []),
  ];
}

/**
 * What makes processes one group. The start rank is written only when it is not 0 and the mode always by name: newer versions read a
 * start rank of 0 as a mode. Source: launch.md §1.2, §1.4.
 */
function grouping(ask: ArgvAsk): readonly Explained[] {
  const { instance, layout, process, head, rpc, master } = ask;
  const { dp, expertParallel } = instance.engine.parallel;
  const first = process.ranks[0] ?? 0;
  const key = (words: readonly string[], name: string): Explained => ({
    words,
    from: "topology",
    why: `parallel.${name}`,
    paths: layers(instance, "parallel", name),
  });
  const plan = (words: readonly string[], why: string): Explained => ({ words, from: "plan", why });
  const rank = place(layout, process);
  const rendezvous = [
    plan(["--data-parallel-address", head.ip], `ip of ${head.node}, rank 0`),
    ...(rpc === undefined ? [] : [key(["--data-parallel-rpc-port", String(rpc)], "rpc_port")]),
  ];
  const several = layout.processes.length > 1;
  return [
    ...(dp > 1 ? [key(["--data-parallel-size", String(dp)], "dp")] : []),
    ...(layout.lb === "external" ? [plan(["--data-parallel-rank", String(first)], rank)] : []),
    ...(several && (layout.lb === "hybrid" || layout.lb === "internal")
      ? [
          plan(
            ["--data-parallel-size-local", String(process.ranks.length)],
            `dp ${dp} over ${layout.processes.length} nodes`,
          ),
        ]
      : []),
    ...(layout.lb === "hybrid" ? [key(["--data-parallel-hybrid-lb"], "dp_lb")] : []),
    ...(layout.lb !== "external" && first > 0 ? [plan(["--data-parallel-start-rank", String(first)], rank)] : []),
    ...(layout.lb !== "none" && several ? rendezvous : []),
    ...(layout.nnodes > 1
      ? [
          plan(["--nnodes", String(layout.nnodes)], `one engine over ${layout.nnodes} nodes`),
          plan(["--node-rank", String(process.nodeIndex)], "its place among them"),
          plan(["--master-addr", head.ip], `ip of ${head.node}`),
          ...(master === undefined ? [] : [key(["--master-port", String(master)], "master_port")]),
        ]
      : []),
    ...(process.headless ? [plan(["--headless"], `${head.node} answers for it`)] : []),
    ...(expertParallel === undefined
      ? []
      : [key([expertParallel ? "--enable-expert-parallel" : "--no-enable-expert-parallel"], "expert_parallel")]),
  ];
}

/** Why a process has its ranks: who has those before it. */
function place({ processes }: Layout, { node, nodeIndex, localIndex }: Process): string {
  const start = processes.find((each) => each.node === node)?.ranks[0] ?? 0;
  const before = [...new Set(processes.filter((each) => each.nodeIndex < nodeIndex).map((each) => each.node))];
  if (localIndex > 0) return `number ${localIndex + 1} on ${node}`;
  if (start === 0) return "first of the group";
  return `${start === 1 ? "rank 0 is" : `ranks 0-${start - 1} are`} on ${before.join(", ")}`;
}

const user = ({ instance, kvEvents }: ArgvAsk): readonly Explained[] => [
  ...sorted(withEvents(instance.engine.args, kvEvents)).map(
    ([name, value]): Explained => ({
      words: words(name, value),
      from: "topology",
      why: `${instance.role}.args`,
      paths: layers(instance, "args", name),
    }),
  ),
  ...(instance.engine.argv.length > 0
    ? [{ words: instance.engine.argv, from: "topology", why: `${instance.role}.argv`, paths: layers(instance, "argv") }]
    : []),
];

/** What is said about KV events, with the port that was granted; the user's other keys stay. */
function withEvents(args: Args, port: number | undefined): Args {
  if (port === undefined) return args;
  const own = args["kv-events-config"];
  const keys = typeof own === "object" && "json" in own && isRecord(own.json) ? own.json : {};
  const json = { enable_kv_cache_events: true, publisher: "zmq", ...keys, endpoint: `tcp://*:${port}` };
  return { ...args, "kv-events-config": { json } };
}

const isRecord = (value: Json): value is { readonly [key: string]: Json } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const transfer = ({ kv }: ArgvAsk): readonly Explained[] =>
  kv === undefined ? [] : [{ words: ["--kv-transfer-config", kv.json], from: kv.from, why: kv.why }];

/** Where an engine's key may stand, the strongest layer first. */
export const layers = ({ path, role }: Instance, ...key: readonly string[]) => [
  [...path, ...key],
  [role, ...key],
  ["engine", ...key],
];
