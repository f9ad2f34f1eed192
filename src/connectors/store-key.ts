import type { Rule } from "../topology/rule.ts";
import type { Topology } from "../topology/topology.ts";
import { usesOf } from "./pairs.ts";

/**
 * A14 for a connector whose stored blocks are named by the rank and the number of the workers that wrote them: who has another tp finds
 * none. `unless`: fields with which it reshapes them itself. Source: launch.md §3.4, §3.9.
 */
export const sameWidth = (
  connector: string,
  unless: (fields: Readonly<Record<string, unknown>>) => boolean = () => false,
): Rule<Topology, { connector: string; first: string; second: string; a: number; b: number }> => ({
  id: "A14",
  level: "error",
  *check(topology) {
    for (const { use, roles } of usesOf(connector, topology)) {
      if (roles.length < 2 || unless(use.fields.prefill)) continue;
      const users = topology.instances.filter(({ role }) => roles.includes(role));
      const [first] = users;
      for (const second of users) {
        const [a, b] = [first?.engine.parallel.tp ?? 1, second.engine.parallel.tp];
        if (first === undefined || a === b) continue;
        const data = { connector, first: first.id, second: second.id, a, b };
        yield { at: [...second.path, "parallel", "tp"], subject: second.id, data };
      }
    }
  },
  message: ({ connector, first, second, a, b }) =>
    `${first} has tp ${a} and ${second} tp ${b}: neither finds in ${connector} what the other stored`,
  remedy: ({ a }) => `tp: ${a} on every instance that shares it`,
});
