import type { Facts } from "../../../facts/facts.ts";
import type { Path } from "../../../topology/rule.ts";
import type { Topology } from "../../../topology/topology.ts";
import type { Judged } from "../../judged.ts";
import type { PlanNode, Service } from "../../plan.ts";
import { realEngines } from "../../real-engines.ts";

export interface Answered {
  readonly node: PlanNode;
  readonly said: Facts;
  readonly services: readonly Service[];
  /** Those of them that are vLLM itself. */
  readonly engines: readonly Service[];
}

/** Nodes of the plan that have answered, with what runs there. */
export function answers({ topology, plan, facts }: Judged): readonly Answered[] {
  const said = new Map(facts.map((one) => [one.node, one]));
  const services = byNode(plan.services);
  const engines = byNode(realEngines(topology, plan));
  return plan.nodes.flatMap((node) => {
    const one = said.get(node.name);
    const on = { services: services.get(node.name) ?? [], engines: engines.get(node.name) ?? [] };
    return one === undefined ? [] : [{ node, said: one, ...on }];
  });
}

function byNode(services: readonly Service[]): ReadonlyMap<string, readonly Service[]> {
  const found = new Map<string, Service[]>();
  for (const service of services) found.set(service.node, [...(found.get(service.node) ?? []), service]);
  return found;
}

/** Where the topology speaks of a node. */
export const nodePath = ({ nodes }: Topology, name: string): Path =>
  nodes.find((node) => node.name === name)?.path ?? ["nodes"];

/** Where it speaks of an instance. */
export const instancePath = ({ instances }: Topology, id: string): Path =>
  instances.find((instance) => instance.id === id)?.path ?? [];
