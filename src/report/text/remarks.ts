import type { Remark } from "../../imports/remark.ts";
import { several } from "../../words/numbers.ts";

/** What became of each line of a set-up; the last line counts. What is wrong in the source is marked. */
export function remarkLines(remarks: readonly Remark[], quiet: boolean): string[] {
  const shown = quiet ? remarks.filter(({ fate, fault }) => fate !== "kept" || fault) : remarks;
  const rows = shown.map(({ file, line, fate, what, why, fault, missing }) => {
    const sign = missing ? "✖" : fault ? "⚠" : "·";
    return `${sign} ${file}:${line}  ${fate}  ${flat(what)}: ${why}`;
  });
  const of = (fate: Remark["fate"]) => remarks.filter((remark) => remark.fate === fate).length;
  const faults = remarks.filter(({ fault }) => fault).length;
  const missing = remarks.filter((remark) => remark.missing).length;
  return [
    ...rows,
    `${missing > 0 ? "✖" : faults > 0 ? "⚠" : "✔"} ${of("kept")} kept, ${of("changed")} changed, ${of("not carried over")} not carried over; ${several(faults, "fault")} of the source, ${missing} missing`,
  ];
}

const flat = (text: string): string => {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > LONG ? `${line.slice(0, LONG - 1)}…` : line;
};
const LONG = 60;
