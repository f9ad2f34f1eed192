import { hardware } from "../../hardware/index.ts";
import { firsts } from "../../once.ts";
import type { Rule } from "../rule.ts";
import type { Topology } from "../topology.ts";

/** A11: ranks of one group talk with buffers and protocols of one size. Source: launch.md §10.6. */
export const a11: Rule<Topology, { instance: string; name: string; found: string; first: string }> = {
  id: "A11",
  level: "error",
  *check({ instances, nodes }) {
    const named = firsts(nodes, ({ name }) => name);
    for (const { id, engine, nodes: names } of instances) {
      const members = [...new Set(names)].flatMap((name) => named.get(name) ?? []);
      const accelerator = hardware.get(members[0]?.hardware ?? "none");
      for (const name of accelerator?.sameInGroup ?? []) {
        const values = members
          .map(({ env }) => env[name] ?? engine.env[name] ?? accelerator?.env[name] ?? "unset")
          .map((value) => (typeof value === "string" ? value : JSON.stringify(value)));
        const odd = values.findIndex((value) => value !== values[0]);
        const member = members[odd];
        if (member === undefined) continue;
        const holder = member.env[name] === undefined ? members[0] : member;
        const found = members.map((each, index) => `${each.name} ${values[index]}`).join(", ");
        yield {
          at: [...(holder ?? member).path, "env", name],
          subject: id,
          data: { instance: id, name, found, first: values[0] ?? "" },
        };
      }
    }
  },
  message: ({ instance, name, found }) => `${name} must be the same on all ranks of ${instance}: ${found}`,
  remedy: ({ name }) => `${name}: one value, under engine.env or the role's env`,
};
