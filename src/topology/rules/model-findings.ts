import type { ModelConfig } from "../../facts/model-config.ts";
import type { Finding } from "../rule.ts";
import type { Topology } from "../topology.ts";
import { type Declared, declared as everything } from "./declared.ts";
import { modelRules } from "./model-config.ts";
import { rulesFor, usedConnectors } from "./rules-for.ts";
import { runRules } from "./run-rules.ts";

/**
 * Stage model: what speaks against a topology once the model's config is known.
 * @returns  what the rules of this stage say, and what those of the topology say only now: where `model.kind` is not written, the
 *           config tells whether the model has experts
 */
export function modelFindings(
  topology: Topology,
  model: ModelConfig,
  declared: Declared = everything,
): readonly Finding[] {
  const rules = [...modelRules, ...usedConnectors(topology, declared).flatMap((one) => one.modelRules ?? [])];
  return [...runRules(rules, { topology, model }), ...onceKindIsKnown(topology, model, declared)];
}

function onceKindIsKnown(topology: Topology, { moe }: ModelConfig, declared: Declared): readonly Finding[] {
  if (topology.model.kind !== undefined) return []; // what the user wrote is judged already
  const rules = rulesFor(topology, declared);
  const before = new Set(runRules(rules, topology).map(identity));
  const kind = moe === undefined ? "dense" : "moe";
  const after = runRules(rules, { ...topology, model: { ...topology.model, kind } });
  return after.filter((one) => !before.has(identity(one)));
}

const identity = ({ code, level, at, subject, title }: Finding): string =>
  JSON.stringify([code, level, at, subject, title]);
