import type { JudgedTopology } from "../../plan/facts/judged.ts";
import type { Plan } from "../../plan/plan.ts";
import type { AnyRule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import { runsOn } from "../hardware.ts";
import { n11, oneMaster, segments } from "../mooncake-library/rules.ts";
import { sameSeed } from "../seed.ts";

export const rules: readonly AnyRule<Topology>[] = [oneMaster("ascend-store"), runsOn("ascend-store", ["ascend"])];
export const planRules: readonly AnyRule<{ topology: Topology; plan: Plan }>[] = [n11, sameSeed("ascend-store")];
export const factsRules: readonly AnyRule<JudgedTopology>[] = [segments("ascend-store", { segment: 1, buffer: 1 })];
