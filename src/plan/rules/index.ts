import { p06 } from "../../hardware/rules/gaudi.ts";
import type { AnyRule } from "../../topology/rule.ts";
import type { Planned } from "./command-line.ts";
import { p04 } from "./devices.ts";
import { clashRules, n02 } from "./ports.ts";
import { r02, r04, r06, r10 } from "./proxy.ts";
import { p02, p07, p12, p18 } from "./ranks.ts";
import { m01, m03, p21 } from "./same.ts";

/** What can be judged once every process, port and device is known. Source: launch.md §10. */
export const planRules: readonly AnyRule<Planned>[] = [
  p02,
  p04,
  p06,
  p07,
  p12,
  p18,
  p21,
  m01,
  m03,
  n02,
  ...clashRules,
  r02,
  r04,
  r06,
  r10,
];
