import type { Plan } from "../../plan/plan.ts";
import type { AnyRule } from "../../topology/rule.ts";
import type { Modelled } from "../../topology/rules/modelled.ts";
import type { Topology } from "../../topology/topology.ts";
import { n11 } from "../mooncake-library/rules.ts";
import { speaks } from "../proxies.ts";
import { a01, a03, a05, a06 } from "./rules/config.ts";
import { a02State } from "./rules/model.ts";
import { a09, n03 } from "./rules/plan.ts";
import { a02, m11, n08, p13, p19 } from "./rules/shape.ts";

const a10 = speaks("mooncake-ascend");

export const rules: readonly AnyRule<Topology>[] = [a01, a02, a03, a05, a06, a10, m11, n08, p13, p19];
export const planRules: readonly AnyRule<{ topology: Topology; plan: Plan }>[] = [a09, n03, n11];
export const modelRules: readonly AnyRule<Modelled>[] = [a02State];
