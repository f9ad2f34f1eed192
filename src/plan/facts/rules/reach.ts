import { grouped } from "../../../once.ts";
import type { Rule } from "../../../topology/rule.ts";
import type { Judged } from "../judged.ts";
import { nodePath } from "./answers.ts";

/** N13: a port without a listener refuses at once; one that does not answer is behind a firewall. Source: launch.md §10.3, §5.1. */
export const n13: Rule<Judged, { from: string; to: string; ports: string; why: string }> = {
  id: "N13",
  level: "error",
  *check({ topology, filtered = [] }) {
    for (const ways of grouped(filtered, ({ from, to }) => JSON.stringify([from, to])).values()) {
      const [{ from, to, why } = { from: "", to: "", why: "" }] = ways;
      const ports = ways.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(",");
      yield { at: nodePath(topology, to), subject: `${from} to ${to}`, data: { from, to, ports, why } };
    }
  },
  message: ({ from, to, ports, why }) => `${from} → ${to}: ${ports} filtered (${why})`,
  remedy: ({ from, to, ports }) => `open ${ports}/tcp on ${to} for ${from}`,
};
