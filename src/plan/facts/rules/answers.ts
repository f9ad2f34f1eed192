import type { Facts } from "../../../facts/facts.ts";
import { firsts, grouped, once } from "../../../once.ts";
import type { Path } from "../../../topology/rule.ts";
import type { Topology } from "../../../topology/topology.ts";
import type { PlanNode, Service } from "../../plan.ts";
import { instanceOf } from "../../rules/command-line.ts";
import type { Judged } from "../judged.ts";
import { realEngines } from "../real-engines.ts";

export interface Answered {
  readonly node: PlanNode;
  readonly said: Facts;
  readonly services: readonly Service[];
  /** Those of them that are vLLM itself. */
  readonly engines: readonly Service[];
}

/** Nodes of the plan that have answered, with what runs there. */
export const answers = once(({ plan, facts }: Judged): readonly Answered[] => {
  const said = firsts(facts, ({ node }) => node);
  const services = grouped(plan.services, ({ node }) => node);
  const engines = grouped(realEngines(plan), ({ node }) => node);
  return plan.nodes.flatMap((node) => {
    const one = said.get(node.name);
    const on = { services: services.get(node.name) ?? [], engines: engines.get(node.name) ?? [] };
    return one === undefined ? [] : [{ node, said: one, ...on }];
  });
});

const nodesByName = once(({ nodes }: Topology) => firsts(nodes, ({ name }) => name));

/** Where the topology speaks of a node. */
export const nodePath = (topology: Topology | undefined, name: string): Path =>
  (topology && nodesByName(topology).get(name)?.path) ?? ["nodes"];

/** Where it speaks of an instance. */
export const instancePath = (topology: Topology | undefined, id: string): Path =>
  (topology && instanceOf(topology, id)?.path) ?? [];
