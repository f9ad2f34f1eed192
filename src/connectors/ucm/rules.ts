import type { JudgedTopology } from "../../plan/facts/judged.ts";
import type { Plan } from "../../plan/plan.ts";
import type { AnyRule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import { speaks } from "../proxies.ts";
import { sameSeed } from "../seed.ts";
import { u06, u09 } from "./rules/facts.ts";
import { m07, u03, u04 } from "./rules/key.ts";
import { u10, u12, u13 } from "./rules/plan.ts";
import { c04, u01, u02, u05, u07, u08, u11 } from "./rules/store.ts";

const a10 = speaks("ucm");

export const rules: readonly AnyRule<Topology>[] = [c04, u01, u02, u03, u04, u05, u07, u08, u11, a10, m07];
export const planRules: readonly AnyRule<{ topology: Topology; plan: Plan }>[] = [u10, u12, u13, sameSeed("ucm")];
export const factsRules: readonly AnyRule<JudgedTopology>[] = [u06, u09];
