import type { Instance } from "../topology/topology.ts";
import type { Layout } from "./layout.ts";

/**
 * Ports of the engine itself: `http` on every node that answers, `rpc` and `master` on the node of rank 0, `kv_events` of all ranks and
 * `block`, from which processes draw their random ports, on every node of the instance.
 */
export interface EngineClaim {
  readonly name: "http" | "rpc" | "master" | "kv_events" | "block";
  readonly base: number;
  readonly span: number;
  readonly nodes: readonly string[];
}

const RPC = 29550; // vLLM's own defaults, made explicit so that they are reserved
const MASTER = 29501;
export const BLOCK = 100; // ports of one process. Source: launch.md §1.8

/** Source: launch.md §2.1, §2.2. */
export function claims(
  { nodes, engine: { port, parallel, kvEventsPort, vllmPort } }: Instance,
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
    ...(kvEventsPort !== undefined
      ? [{ name: "kv_events" as const, base: kvEventsPort, span: parallel.dp, nodes }]
      : []),
    ...(vllmPort !== undefined
      ? nodes.map(
          (node): EngineClaim => ({
            name: "block",
            base: vllmPort,
            span: BLOCK * processes.filter((process) => process.node === node).length,
            nodes: [node],
          }),
        )
      : []),
    ...(nnodes > 1 ? [{ name: "master" as const, base: parallel.masterPort ?? MASTER, span: 1, nodes: head }] : []),
  ];
}
