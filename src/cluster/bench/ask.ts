import type { Facts } from "../../facts/index.ts";
import type { Plan, Planned } from "../../plan/plan.ts";
import type { Topology } from "../../topology/topology.ts";

export interface BenchAsk {
  readonly topology: Topology;
  /** Without facts. */
  readonly plan: Plan;
  readonly planWith: (facts: readonly Facts[]) => Planned;
  /** As the user named it. */
  readonly file: string;
  /** Values of the topology's secrets, as far as they are here. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly limitMs: number;
}
