import type { Plan } from "../../../plan/plan.ts";
import type { Rule } from "../../../topology/rule.ts";
import type { Topology } from "../../../topology/topology.ts";

/** U10: without this flag UCM's proxy ignores both lists of engines. Source: launch.md §0, seed 002. */
export const u10: Rule<{ topology: Topology; plan: Plan }, { proxy: string }> = {
  id: "U10",
  level: "error",
  *check({ topology, plan }) {
    if (topology.proxy.kind !== "ucm-toy") return;
    for (const { id, argv } of plan.services.filter(({ kind }) => kind === "proxy")) {
      if (!argv.includes("--pd-disaggregation")) yield { at: [...topology.proxy.path, "args"], data: { proxy: id } };
    }
  },
  message: ({ proxy }) => `${proxy} would send every request to a worker on localhost:8100 instead of the engines`,
  remedy: () => "pd-disaggregation: true",
};
