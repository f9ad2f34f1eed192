import type { FindingData } from "../../cluster/events.ts";
import type { Level } from "../../topology/rule.ts";
import { labelled } from "./table.ts";
import { cut, justify, wrap } from "./width.ts";

/** Cards and quoted lines end here; text is laid out for 88 columns plus the indent of a label's second word. */
export const SHEET = 94;

export const signOf = (level: Level | "info") => ({ error: "✖", warning: "⚠", note: "·", info: "✔" })[level];

/** An error card: title, then the labels in their fixed order, empty ones left out. */
export function card(
  data: FindingData,
  { level = "error", code }: { level?: Level | "info"; code?: string | undefined } = {},
): string[] {
  const why = data.why === undefined ? [] : typeof data.why === "string" ? [data.why] : data.why;
  const label = (name: string, text: string | undefined) => (text === undefined ? [] : labelled(name, broken(text)));
  return [
    `${signOf(level)} ${data.title}`,
    ...label("where", data.where),
    ...labelled(
      "why",
      why.slice(0, 11).map((line) => cut(plain(line), SHEET - 10)),
    ),
    ...cause(data.cause, code),
    ...labelled("do", data.do ?? []),
    ...label("then", data.then),
    ...label("kept", data.kept),
    ...label("log", data.log),
  ];
}

const broken = (text: string) => text.split("\n").flatMap((line) => wrap(line, SHEET - 10));

/** The code stands at the end of the last line of the cause, to be found by eye and by grep. */
function cause(text: string | undefined, code: string | undefined): string[] {
  if (text === undefined) return [];
  const lines = labelled("cause", broken(text));
  return code === undefined ? lines : [...lines.slice(0, -1), justify(lines.at(-1) ?? "", `[${code}]`, SHEET, 3)];
}

/** An engine's line without its colours and cursor moves. */
export const plain = (line: string) =>
  line.replace(/\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)/g, "").trimEnd();

/** A refused check is one line and one remedy: `✖ C13  a2-2 device 5: …`, `do  …` under its text. */
export function checkLines(data: FindingData, level: Level | "info", code: string | undefined): string[] {
  const head = `  ${signOf(level)} ${code === undefined ? "" : `${code}  `}`;
  const indent = " ".repeat(head.length);
  return [
    head + data.title,
    ...(data.do ?? []).map((line, index) => `${indent}${index === 0 ? "do  " : "    "}${line}`),
  ];
}
