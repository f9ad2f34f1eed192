import { hardware } from "../../hardware/index.ts";
import { modelFindings } from "../../topology/index.ts";
import type { AnyRule, Finding } from "../../topology/rule.ts";
import { runRules } from "../../topology/rules/run-rules.ts";
import type { Topology } from "../../topology/topology.ts";
import { usesOf } from "../seats/uses.ts";
import type { Judged, JudgedTopology } from "./judged.ts";
import { factsRules } from "./rules/index.ts";

export type { Crossing, Filtered, Judged } from "./judged.ts";

/**
 * Everything that speaks against starting this plan on these nodes: the rules of stage facts, and those of stage model where a node
 * could read the model's config. Pure; `skip` names codes that the user has taken on himself.
 */
export function judge(judged: Judged, skip: readonly string[] = []): readonly Finding[] {
  const { topology, model } = judged;
  const said = [
    ...runRules(factsRules, judged),
    ...(topology === undefined ? [] : runRules(partsRules(topology), { ...judged, topology })),
    ...(topology === undefined || model === undefined ? [] : modelFindings(topology, model)),
  ];
  return said.filter(({ code }) => !skip.includes(code));
}

/** Codes of the rules of stage facts that a plan meets: everybody's, and those of the accelerators and connectors it uses. */
export const codesOfFacts = (topology: Topology | undefined): ReadonlySet<string> =>
  new Set([...factsRules, ...(topology === undefined ? [] : partsRules(topology))].map(({ id }) => id));

function partsRules(topology: Topology): readonly AnyRule<JudgedTopology>[] {
  const uses = [...usesOf(topology, "prefill"), ...usesOf(topology, "decode")].map(({ connector }) => connector);
  const accelerators = topology.nodes.flatMap((node) => hardware.get(node.hardware) ?? []);
  return [...new Set([...accelerators, ...uses].flatMap((one) => one.factsRules ?? []))];
}
