import type { Rule } from "../../../topology/rule.ts";
import type { Judged } from "../judged.ts";
import { answers, nodePath } from "./answers.ts";

/** C12: clocks that differ make caches and logs lie. Source: launch.md §10.8. */
export const c12: Rule<Judged, { node: string; seconds: number }> = {
  id: "C12",
  level: "warning",
  *check(judged) {
    for (const { node, said } of answers(judged)) {
      const seconds = said.clockOffsetMs / 1000;
      if (Math.abs(seconds) <= 1) continue;
      yield {
        at: nodePath(judged.topology, node.name),
        subject: node.name,
        level: Math.abs(seconds) > 5 && judged.plan.cache !== null ? "error" : "warning",
        data: { node: node.name, seconds },
      };
    }
  },
  message: ({ node, seconds }) =>
    `${node} clock is ${Math.abs(seconds).toFixed(1)}s ${seconds > 0 ? "ahead" : "behind"}`,
  remedy: ({ node }) => `check chronyc tracking on ${node}`,
};
