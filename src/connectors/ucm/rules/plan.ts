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

/** U12: at its start UCM takes away shared memory of others that is older than ten minutes. Source: launch.md §3.8, co-location hazard. */
export const u12: Rule<Planned, { node: string; count: number }> = {
  id: "U12",
  level: "note",
  *check({ topology, plan }) {
    const uses = [...usesOf("ucm", topology)];
    const roles = uses.flatMap((one) => one.roles);
    for (const { name } of plan.nodes) {
      const groups = plan.services
        .filter(({ node, role }) => node === name && role !== null && roles.includes(role))
        .map(({ group }) => group);
      const count = new Set(groups).size;
      if (count > 1)
        yield { at: [...(uses[0]?.use.path ?? []), "connector"], subject: name, data: { node: name, count } };
    }
  },
  message: ({ node, count }) =>
    `${count} instances with UCM on ${node}: one that starts more than ten minutes after another takes its shared memory away`,
  remedy: () => "pdctl up starts them together; restart them together as well",
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
