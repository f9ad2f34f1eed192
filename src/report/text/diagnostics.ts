import type { Diagnostic } from "../../topology/rule.ts";
import { several } from "../../words/numbers.ts";
import { SHEET, signOf } from "./card.ts";
import { type Aiming, asItStands, nextLines } from "./next.ts";
import { labelled } from "./table.ts";
import { cut, width } from "./width.ts";

/** One diagnostic: where, code, what is so; the quoted lines with a caret; who else; what to write instead. */
export function diagnostic(found: Diagnostic): string[] {
  const { file, line, column, code, level, title, also, remedy } = found;
  const place = line > 0 ? `${file}:${line}:${column}` : file;
  return [
    `${signOf(level)} ${place}  ${code}  ${title}`,
    ...frame(found),
    ...labelled("also", also.length === 0 ? [] : [also.join(", ")]),
    ...labelled("do", remedy),
  ];
}

/** The quoted lines; a place far to the right is brought into view by cutting on the left. */
function frame({ excerpt, line, column, length, caret }: Diagnostic): string[] {
  const gutter = Math.max(5, ...excerpt.map((quoted) => String(quoted.line).length + 1));
  const room = SHEET - gutter - 3;
  const skip = column > room - 12 ? column - 30 : 0;
  return excerpt.flatMap((quoted) => {
    const text = shown(quoted.text, skip);
    const head = `${String(quoted.line).padStart(gutter)} │ ${cut(text, room)}`;
    if (quoted.line !== line) return [head.trimEnd()];
    const before = width(text.slice(0, Math.max(0, column - 1 - skip)));
    const marked = Math.max(1, Math.min(length, [...cut(text, room)].length - before));
    return [
      head.trimEnd(),
      `${" ".repeat(gutter)} │ ${" ".repeat(before)}${"^".repeat(marked)}${caret === undefined ? "" : ` ${caret}`}`,
    ];
  });
}

/** A tab is shown as one space, so that the caret stands under what it means. */
function shown(text: string, skip: number): string {
  const flat = text.replace(/\t/g, " ");
  return skip > 0 ? `…${flat.slice(skip + 1)}` : flat;
}

/** All errors, then all warnings, in file order; notes are for plan and check. The last block is the count and what to do. */
export function diagnosticLines(
  file: string,
  diagnostics: readonly Diagnostic[],
  sound: string,
  aim: Aiming = asItStands,
): string[] {
  const shownOnes = diagnostics.filter(({ level }) => level !== "note");
  const errors = shownOnes.filter(({ level }) => level === "error");
  const counts = `${several(errors.length, "error")}, ${several(shownOnes.length - errors.length, "warning")}`;
  const sign = errors.length > 0 ? "✖" : shownOnes.length > 0 ? "⚠" : "✔";
  const explain = (errors.find(({ code }) => !code.startsWith("S")) ?? errors[0])?.code; // what a schema code means is in its own line
  return [
    ...shownOnes.flatMap((found) => [...diagnostic(found), ""]),
    `${sign} ${file}: ${shownOnes.length === 0 ? `${sound}, ` : ""}${counts}`,
    ...nextLines([explain === undefined ? aim("pdctl plan") : `pdctl explain ${explain}`]),
  ];
}
