import type { AnyRule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import type { Plan } from "../plan.ts";

/** What can be judged once every process, port and device is known. Source: launch.md §10. */
export const planRules: readonly AnyRule<{ topology: Topology; plan: Plan }>[] = [];
