import { grouped } from "../../once.ts";
import type { PortRow } from "../../plan/answers/answers.ts";
import type { Plan } from "../../plan/plan.ts";
import { table } from "../text/table.ts";

const STATES: Readonly<Record<PortRow["state"], string>> = {
  listens: "",
  starts: "while its group starts",
  kept: "kept free for its ranks elsewhere",
  drawn: "drawn at random",
  kernel: "wherever the kernel puts them",
};

/** The ports of each node, lowest first. */
export function planPorts({ nodes }: Plan, rows: readonly PortRow[]): string[] {
  const byNode = grouped(rows, ({ node }) => node);
  const cells = rows.map(({ first, last, purpose, owner, bind, state }) => [
    `  ${first === last ? first : `${first}-${last}`}`,
    purpose.replaceAll("_", " "),
    owner,
    bind ?? "-",
    STATES[state],
  ]);
  const lines = table([["  PORT", "FOR", "OF", "BOUND ON", ""], ...cells], 3);
  const [head = "", ...text] = lines;
  const byRow = new Map(rows.map((row, index) => [row, text[index] ?? ""]));
  return [
    head,
    ...nodes.flatMap(({ name, ip }) => {
      const here = byNode.get(name) ?? [];
      return here.length === 0 ? [] : [`${name}  ${ip}`, ...here.map((row) => byRow.get(row) ?? "")];
    }),
  ];
}
