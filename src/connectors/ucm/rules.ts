import type { Plan } from "../../plan/plan.ts";
import type { AnyRule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";

export const rules: readonly AnyRule<Topology>[] = [];
export const planRules: readonly AnyRule<{ topology: Topology; plan: Plan }>[] = [];
