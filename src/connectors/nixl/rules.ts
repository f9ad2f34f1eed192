import type { JudgedTopology } from "../../plan/facts/judged.ts";
import type { Plan } from "../../plan/plan.ts";
import type { AnyRule } from "../../topology/rule.ts";
import type { Modelled } from "../../topology/rules/modelled.ts";
import type { Topology } from "../../topology/topology.ts";
import { speaks } from "../proxies.ts";
import { x10, x12 } from "./rules/env.ts";
import { m06 } from "./rules/facts.ts";
import { x01, x02, x06, x07, x13 } from "./rules/hardware.ts";
import { x11 } from "./rules/model.ts";
import { x09 } from "./rules/plan.ts";
import { m11, m14 } from "./rules/same.ts";
import { p13, x03, x04, x05, x08 } from "./rules/shape.ts";

const a10 = speaks("nixl");

export const rules: readonly AnyRule<Topology>[] = [
  x01,
  x02,
  x03,
  x04,
  x05,
  x06,
  x07,
  x08,
  x10,
  x12,
  x13,
  p13,
  m11,
  m14,
  a10,
];
export const planRules: readonly AnyRule<{ topology: Topology; plan: Plan }>[] = [x09];
export const modelRules: readonly AnyRule<Modelled>[] = [x11];
export const factsRules: readonly AnyRule<JudgedTopology>[] = [m06];
