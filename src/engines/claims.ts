import type { Instance } from "../topology/topology.ts";
import type { Layout } from "./layout.ts";

/** Ports of the engine itself: `http` on every node that answers, `rpc` and `master` on the node of rank 0. */
export interface EngineClaim {
  readonly name: "http" | "rpc" | "master";
  readonly base: number;
  readonly span: number;
  readonly nodes: readonly string[];
}

const RPC = 29550; // vLLM's own defaults, made explicit so that they are reserved
const MASTER = 29501;

/** Source: launch.md §2.1, §2.2. */
export function claims(
  { nodes, engine: { port, parallel } }: Instance,
  { lb, nnodes, processes }: Layout,
): readonly EngineClaim[] {
  const head = nodes.slice(0, 1);
  const answering = nodes.map((node) => ({
    node,
    span: processes.filter((process) => process.node === node && !process.headless).length,
  }));
  return [
    ...answering
      .filter(({ span }) => span > 0)
      .map(({ node, span }): EngineClaim => ({ name: "http", base: port, span, nodes: [node] })),
    ...(lb !== "none" && processes.length > 1
      ? [{ name: "rpc" as const, base: parallel.rpcPort ?? RPC, span: 1, nodes: head }]
      : []),
    ...(nnodes > 1 ? [{ name: "master" as const, base: parallel.masterPort ?? MASTER, span: 1, nodes: head }] : []),
  ];
}
