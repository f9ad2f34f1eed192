import { connectors } from "../connectors/index.ts";
import { hardware } from "../hardware/index.ts";
import { loaderRules } from "../topology/index.ts";
import { topologyRules } from "../topology/rules/index.ts";
import { modelRules } from "../topology/rules/model-config.ts";
import { factsRules } from "./facts/rules/index.ts";
import { argumentRules } from "./rules/arguments.ts";
import { capacityRules } from "./rules/capacity.ts";
import { planRules } from "./rules/index.ts";

/** When a rule can know: from the file alone, once the plan is made, once the model's config is read, once the nodes have answered. */
export type Stage = "topology" | "plan" | "model" | "facts";

/** Rules of the topology that need to know whether the model has experts: where that is not written, its config tells. */
const needKind = ["P08", "P09", "P16", "P19"];

/** Every rule id with its stages, in the order of the stages. */
export function catalogue(): ReadonlyMap<string, readonly Stage[]> {
  const [parts, boxes] = [[...connectors.values()], [...hardware.values()]];
  const ids: Readonly<Record<Stage, readonly string[]>> = {
    topology: [
      ...Object.keys(loaderRules),
      ...idsOf([topologyRules, ...[...parts, ...boxes].map(({ rules }) => rules)].flat()),
    ],
    plan: idsOf([planRules, argumentRules, ...parts.map((one) => one.planRules)].flat()),
    model: [...needKind, ...idsOf([modelRules, capacityRules, ...parts.map((one) => one.modelRules ?? [])].flat())],
    facts: [
      ...idsOf(argumentRules),
      ...idsOf([factsRules, ...[...parts, ...boxes].map((one) => one.factsRules ?? [])].flat()),
    ], // the release may be found on the nodes only
  };
  const stages: readonly Stage[] = ["topology", "plan", "model", "facts"];
  const all = [...new Set(stages.flatMap((stage) => ids[stage]))].toSorted((a, b) => (a < b ? -1 : 1));
  return new Map(all.map((id) => [id, stages.filter((stage) => ids[stage].includes(id))]));
}

const idsOf = (rules: readonly { readonly id: string }[]): readonly string[] => rules.map(({ id }) => id);
