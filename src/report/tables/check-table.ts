import { folded } from "../../words/names.ts";
import type { Found } from "../tally.ts";
import { signOf } from "../text/card.ts";
import { table } from "../text/table.ts";

const ORDER = ["error", "warning", "note", "info"] as const;

/** What the nodes said to each check: errors first, what passed last; one result of several nodes is one row. */
export function checkTable(findings: readonly Found[]): string[] {
  const rows = new Map<string, { head: readonly string[]; nodes: string[]; tail: readonly string[] }>();
  for (const level of ORDER)
    for (const { code = "-", data } of findings.filter((one) => one.level === level && one.data.check !== undefined)) {
      const head = [`${signOf(level === "info" ? "info" : level)} ${data.check}`, code];
      const tail = [data.title, ...(data.fix === true ? ["fix"] : [])];
      const key = [...head, ...tail].join("\\0");
      const row = rows.get(key) ?? { head, nodes: [], tail };
      row.nodes.push(...(data.subjects ?? []));
      rows.set(key, row);
    }
  if (rows.size === 0) return [];
  const body = [...rows.values()].map(({ head, nodes, tail }) => [
    ...head,
    nodes.length === 0 ? "-" : folded(nodes),
    ...tail,
  ]);
  return [...table([["  CHECK", "CODE", "NODES", "RESULT"], ...body], 2, [18, 4, 9, 54]), ""];
}
