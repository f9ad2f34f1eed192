import type { Instance, Parallel } from "../topology/topology.ts";

export type LoadBalancing = "none" | "internal" | "hybrid" | "external";

/** One engine process of an instance: where it runs, which ranks it holds, what it is to its group. */
export interface Process {
  /** Position in the instance. */
  readonly index: number;
  readonly node: string;
  /** Position of its node in the instance, and its own position on that node. */
  readonly nodeIndex: number;
  readonly localIndex: number;
  readonly ranks: readonly number[];
  readonly devices: number;
  /** Without an HTTP endpoint: the head of its group speaks for it. */
  readonly headless: boolean;
  /** Engines that a client reaches through its endpoint. */
  readonly slots: number;
}

export interface Layout {
  readonly lb: LoadBalancing;
  readonly dpLocal: number;
  /** Devices of one engine. */
  readonly width: number;
  /** Nodes that one engine spans. */
  readonly nnodes: number;
  readonly processes: readonly Process[];
}

/** How an instance is cut into processes. Source: launch.md §1.2, §1.3, §1.7, §11.7. */
export function layout({ nodes, engine: { parallel } }: Instance): Layout {
  const { tp, pp, pcp, dp } = parallel;
  const width = tp * pp * pcp;
  if (dp <= 1) return { lb: "none", dpLocal: 1, width, nnodes: nodes.length, processes: spanning(nodes, width) };
  const even = parallel.dpLocal ?? Math.ceil(dp / Math.max(1, nodes.length));
  const local = nodes.map((_, k) => (parallel.dpShares === undefined ? even : (parallel.dpShares[k] ?? 0)));
  const dpLocal = Math.max(1, ...local);
  const lb = balancing(parallel, nodes.length, dpLocal);
  return {
    lb,
    dpLocal,
    width,
    nnodes: 1,
    processes: lb === "external" ? perRank(nodes, dp, local, width) : perNode(nodes, dp, local, width, lb),
  };
}

/** What vLLM makes of hybrid by itself is said by name: on one node it is internal, with one rank per node external. */
function balancing({ dpLb = "internal" }: Parallel, nodes: number, dpLocal: number): LoadBalancing {
  if (dpLb !== "hybrid") return dpLb;
  if (nodes <= 1) return "internal";
  return dpLocal === 1 ? "external" : "hybrid";
}

/** One engine, on one node or over several: the first one speaks HTTP. */
const spanning = (nodes: readonly string[], width: number): readonly Process[] =>
  nodes.map((node, k) => ({
    index: k,
    node,
    nodeIndex: k,
    localIndex: 0,
    ranks: [0],
    devices: Math.ceil(width / nodes.length),
    headless: k > 0,
    slots: 1,
  }));

const perNode = (
  nodes: readonly string[],
  dp: number,
  local: readonly number[],
  width: number,
  lb: LoadBalancing,
): readonly Process[] =>
  shares(nodes, dp, local).map(({ node, nodeIndex, ranks }, index) => ({
    index,
    node,
    nodeIndex,
    localIndex: 0,
    ranks,
    devices: ranks.length * width,
    headless: lb === "internal" && index > 0,
    slots: lb === "internal" ? dp : ranks.length,
  }));

const perRank = (nodes: readonly string[], dp: number, local: readonly number[], width: number): readonly Process[] =>
  shares(nodes, dp, local)
    .flatMap(({ node, nodeIndex, ranks }) =>
      ranks.map((rank, localIndex) => ({ node, nodeIndex, localIndex, ranks: [rank] })),
    )
    .map((process, index) => ({ index, ...process, devices: width, headless: false, slots: 1 }));

/** Ranks of each node that holds any: start(k) is the sum of what the nodes before hold. */
const shares = (nodes: readonly string[], dp: number, local: readonly number[]) =>
  nodes
    .map((node, nodeIndex) => {
      const start = local.slice(0, nodeIndex).reduce((sum, each) => sum + each, 0);
      const count = Math.max(0, Math.min(local[nodeIndex] ?? 0, dp - start));
      return { node, nodeIndex, ranks: Array.from({ length: count }, (_, i) => start + i) };
    })
    .filter(({ ranks }) => ranks.length > 0);
