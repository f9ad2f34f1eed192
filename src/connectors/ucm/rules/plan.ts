import type { Plan } from "../../../plan/plan.ts";
import type { Rule } from "../../../topology/rule.ts";
import type { Topology } from "../../../topology/topology.ts";
import { usesOf } from "../../pairs.ts";
import { blockSize } from "./key.ts";

type Planned = { topology: Topology; plan: Plan };

/** U10: without this flag UCM's proxy ignores both lists of engines. Source: launch.md §0, seed 002. */
export const u10: Rule<Planned, { proxy: string }> = {
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

/** U13: only whole blocks are stored. Source: launch.md §3.8. */
export const u13: Rule<Planned, { words: number; block: number }> = {
  id: "U13",
  level: "warning",
  *check({ topology, plan }) {
    for (const { roles } of usesOf("ucm", topology)) {
      const users = topology.instances.filter(({ role }) => roles.includes(role));
      const block = Math.max(0, ...users.map((each) => blockSize(topology, each) ?? 0));
      const words = plan.smoke.promptWords;
      if (words < block) yield { at: ["smoke", "prompt_words"], data: { words, block } };
    }
  },
  message: ({ words, block }) =>
    `a smoke prompt of ${words} words may fill no block of ${block} tokens, so nothing would be stored`,
  remedy: ({ block }) => `prompt_words: ${4 * block}, or more`,
};
