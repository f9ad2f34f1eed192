import type { JudgedTopology } from "../../plan/facts/judged.ts";
import type { Plan } from "../../plan/plan.ts";
import type { AnyRule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import { runsOn } from "../hardware.ts";
import { n11, oneMaster, segments } from "../mooncake-library/rules.ts";
import { speaks } from "../proxies.ts";
import { sameSeed } from "../seed.ts";
import { sameWidth } from "../store-key.ts";

/** Accelerators that it runs on. Source: launch.md §3.4. */
export const families: readonly string[] = ["cuda"];

/** With these it stores blocks in a form that several tp sizes read. Source: vLLM 0.32, mooncake/store/worker.py. */
function reshapes({ extra }: Readonly<Record<string, unknown>>): boolean {
  const written: Readonly<Record<string, unknown>> = typeof extra === "object" && extra !== null ? { ...extra } : {};
  return written["store_tp_size"] !== undefined || written["enable_store_tp_lcm"] === true;
}

export const rules: readonly AnyRule<Topology>[] = [
  speaks("mooncake-store"),
  oneMaster("mooncake-store"),
  runsOn("mooncake-store", families),
  sameWidth("mooncake-store", reshapes),
];
export const planRules: readonly AnyRule<{ topology: Topology; plan: Plan }>[] = [n11, sameSeed("mooncake-store")];
export const factsRules: readonly AnyRule<JudgedTopology>[] = [segments("mooncake-store", { segment: 4, buffer: 4 })];
