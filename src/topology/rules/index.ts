import type { AnyRule } from "../rule.ts";
import type { Topology } from "../topology.ts";
import { c08, c09 } from "./arguments.ts";
import { c01, c03 } from "./containers.ts";
import { p03, p05, p17 } from "./devices.ts";
import { s08 } from "./env.ts";
import { a11 } from "./group.ts";
import { s01, s02 } from "./identity.ts";
import { s09, s10 } from "./managed.ts";
import { m04, m05, m09, m10 } from "./model.ts";
import { p01, p08, p09, p10, p13, p16 } from "./parallel.ts";
import { c04 } from "./paths.ts";
import { p11, r01, r03, r05, r07, r08, r09 } from "./routes.ts";

/** What can be judged from the topology alone and belongs to no connector. Source: launch.md §10. */
export const topologyRules: readonly AnyRule<Topology>[] = [
  ...[s01, s02, s08, s09, s10],
  ...[p01, p03, p05, p08, p09, p10, p11, p13, p16, p17],
  ...[m04, m05, m09, m10],
  ...[c01, c03, c04, c08, c09],
  ...[a11, r01, r03, r05, r07, r08, r09],
];
