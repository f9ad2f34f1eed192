import type { Cell } from "./cell.ts";
import { failureCases } from "./failure-cases.ts";
import { pathCases } from "./path-cases.ts";
import type { Peer } from "./peers.ts";
import { requestCases } from "./request-cases.ts";

export type Column = { readonly peer: Peer } & (
  | { readonly cells: ReadonlyMap<string, Cell> }
  | { readonly missing: string }
);

const MARK = { fine: "", bad: "✗ ", note: "· " } as const;
const escaped = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

/** The table of what each proxy did, as Markdown. */
export function table(columns: readonly Column[], day: string): string {
  const ran = columns.flatMap((column) => ("cells" in column ? [column] : []));
  const absent = columns.flatMap((column) => ("missing" in column ? [`- ${column.peer.name}: ${column.missing}`] : []));
  const rows = (names: readonly string[]) =>
    names.map((name) => `| ${[name, ...ran.map(({ cells }) => cellText(cells.get(name)))].map(escaped).join(" | ")} |`);
  const part = (title: string, names: readonly string[]) => [
    `## ${title}`,
    "",
    `| | ${ran.map(({ peer }) => `${peer.name} (${peer.version})`).join(" | ")} |`,
    `|---|${ran.map(() => "---|").join("")}`,
    ...rows(names),
    "",
  ];
  const ending = ran.flatMap(({ cells }) => [...cells.keys()]).filter((name) => name.startsWith("SIGTERM"));
  return [
    `Measured on ${day}.`,
    "",
    ...part(
      "What becomes of a request",
      requestCases.map(({ what }) => what),
    ),
    ...part(
      "Paths",
      pathCases.map(({ what }) => what),
    ),
    ...part("Failures", [...failureCases.map(({ what }) => what), ...new Set(ending)]),
    ...(absent.length > 0 ? ["## Not run", "", ...absent, ""] : []),
  ].join("\n");
}

export const cellText = (cell: Cell | undefined) => (cell === undefined ? "" : `${MARK[cell.grade]}${cell.says}`);
