import type { Facts } from "../facts/facts.ts";
import type { JudgedTopology } from "../plan/facts/judged.ts";
import type { Instance } from "../topology/topology.ts";
import { usesOf } from "./pairs.ts";

export interface Answered {
  readonly node: string;
  readonly said: Facts;
  /** Instances on it whose engines are vLLM itself and have the connector. */
  readonly instances: readonly Instance[];
}

/** Nodes that have answered, with the instances that use a connector there; in a rehearsal nobody does. */
export function* answered(connector: string, { topology, plan, facts }: JudgedTopology): Iterable<Answered> {
  if (plan.rehearsal) return;
  const roles = new Set([...usesOf(connector, topology)].flatMap((one) => one.roles));
  const users = topology.instances.filter(({ role, engine }) => roles.has(role) && engine.kind === "vllm");
  for (const said of facts) {
    const instances = users.filter(({ nodes }) => nodes.includes(said.node));
    if (instances.length > 0) yield { node: said.node, said, instances };
  }
}
