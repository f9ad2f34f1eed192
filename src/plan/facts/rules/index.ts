import type { AnyRule } from "../../../topology/rule.ts";
import type { Judged } from "../judged.ts";
import { s03, s06 } from "./address.ts";
import { c12 } from "./clock.ts";
import { c13, p03, p05, p20 } from "./devices.ts";
import { c01, c05, c11 } from "./environment.ts";
import { c16 } from "./images.ts";
import { c02 } from "./limits.ts";
import { m02 } from "./model.ts";
import { n14, n15 } from "./others.ts";
import { n04, n12 } from "./ports.ts";
import { n13 } from "./reach.ts";
import { m12, m13, m17 } from "./software.ts";

/** What can be judged once the nodes have answered, and belongs to no connector or accelerator. Source: launch.md §10. */
export const factsRules: readonly AnyRule<Judged>[] = [
  ...[s03, s06, p03, p05, p20, n12, n04, n13, n14, n15],
  ...[m02, m12, m13, m17, c01, c02, c05, c11, c12, c13, c16],
];
