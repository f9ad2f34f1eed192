import { folded } from "../../words/names.ts";
import { duration, several } from "../../words/numbers.ts";
import { plain } from "./card.ts";

/** How a command ended on one node; `exit: null`: the node did not say. */
export interface ExecRow {
  readonly node: string;
  readonly exit: number | null;
  readonly why?: string;
  readonly lines: readonly string[];
}

/** `a2-[1-4]` over the lines that they all printed; one block per output. */
export function groupedLines(rows: readonly ExecRow[]): string[] {
  const blocks = new Map<string, { nodes: string[]; lines: readonly string[] }>();
  for (const { node, lines } of rows.filter((row) => row.exit !== null)) {
    const block = blocks.get(lines.join("\n")) ?? { nodes: [], lines };
    block.nodes.push(node);
    blocks.set(lines.join("\n"), block);
  }
  return [...blocks.values()].flatMap(({ nodes, lines }) => [
    folded(nodes),
    ...lines.map((line) => `  ${plain(line)}`),
  ]);
}

/** The last lines: one per kind of end, and what it comes to. */
export function execClosing(
  rows: readonly Pick<ExecRow, "node" | "exit" | "why">[],
  seconds: number,
  exit: number,
): string[] {
  const kinds = new Map<string, string[]>();
  for (const { node, exit: code, why } of rows) {
    if (code === 0) continue;
    const text = code === null ? `unknown: ${why}` : code === TIMED_OUT ? "not done in time" : `exit code ${code}`;
    kinds.set(text, [...(kinds.get(text) ?? []), node]);
  }
  const well = rows.filter((row) => row.exit === 0).length;
  const sign = exit === 0 ? "✔" : exit === 5 ? "⚠" : "✖";
  const tail = exit === 0 ? "" : ` · exit ${exit}`;
  return [
    ...[...kinds].map(([text, nodes]) => `${text.startsWith("unknown") ? "?" : "✖"} ${folded(nodes)} ${text}`),
    `${sign} exit code 0 on ${well} of ${several(rows.length, "node")} · ${duration(seconds)}${tail}`,
  ];
}

const TIMED_OUT = 124; // of timeout(1)
