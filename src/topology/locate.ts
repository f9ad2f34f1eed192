import { foldGroups } from "../words/range.ts";
import { dotted } from "./findings/finding.ts";
import type { Origins } from "./origins.ts";
import type { Diagnostic, Finding, Level, Path } from "./rule.ts";
import { excerptOf, type Place, positionOf, type Source } from "./tree/source.ts";

/** Findings with their places: in file order, one per position and code, the others folded into its `also`. */
export function locate(findings: readonly Finding[], origins: Origins): readonly Diagnostic[] {
  return place(
    findings.map((finding) => ({ finding, place: origins.placeOf(finding.at, finding.mark) })),
    origins,
  );
}

/** As `locate`, for findings whose place is known already. */
export function place(
  placed: readonly { readonly finding: Finding; readonly place: Place }[],
  origins: Origins,
): readonly Diagnostic[] {
  const groups = new Map<string, { place: Place; findings: Finding[] }>();
  for (const { finding, place } of placed) {
    const key = JSON.stringify([place.source.name, place.source.kind, place.start, finding.code]);
    const group = groups.get(key) ?? { place, findings: [] };
    group.findings.push(finding);
    groups.set(key, group);
  }
  return [...groups.values()]
    .sort((a, b) => inFileOrder(a.place, b.place, origins.sources))
    .flatMap(({ place, findings }) => diagnostic(place, findings, origins));
}

/** A mark in a rule's text that becomes `engine.port, line 29`: where the value of a path is written. */
export const written = (path: Path): string => `${OPEN}${JSON.stringify(path)}${CLOSE}`;
const OPEN = "\uE000";
const CLOSE = "\uE001";

function diagnostic(place: Place, findings: readonly Finding[], origins: Origins): readonly Diagnostic[] {
  const [first, ...others] = findings;
  if (first === undefined) return [];
  const position = positionOf(place);
  const readable = (text: string) =>
    oneLine(text.replaceAll(/\uE000(.*?)\uE001/g, (_, path: string) => whereText(path, place.source, origins)));
  return [
    {
      ...first,
      level: highest(findings),
      title: readable(first.title),
      ...(first.caret !== undefined && { caret: readable(first.caret) }),
      also: alsoOf(first, others).map(readable),
      remedy: first.remedy.map(readable),
      file: place.source.name,
      ...position,
      excerpt: excerptOf(place.source, position.line),
    },
  ];
}

/** Messages quote what the user wrote, whatever that is: on one line, without control characters, cut when it does not end. */
const oneLine = (text: string): string => {
  const line = text.replaceAll(/[\u0000-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]|\p{Surrogate}/gu, "\uFFFD");
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
};
const LONGEST = 500;

/** Subjects fold as names do (`decode-0 on a2-[3-4]`); a finding without one is named by its title. */
function alsoOf(first: Finding, others: readonly Finding[]): readonly string[] {
  const names = others
    .map(({ subject, title }) => subject ?? title)
    .filter((name) => name !== (first.subject ?? first.title));
  const kinds = [...new Set(names.map(withoutNumbers))];
  return [...first.also, ...kinds.flatMap((kind) => foldGroups(names.filter((name) => withoutNumbers(name) === kind)))];
}

/** Names fold with their like, in the order in which they came: prefill before decode. */
const withoutNumbers = (name: string): string => name.replaceAll(/\d+/g, "0");

function whereText(json: string, seenFrom: Source, origins: Origins): string {
  const path = parsed(json);
  const at = path && origins.writtenAt(path);
  if (path === undefined || at === undefined) return "default";
  const place = origins.placeOf(path, "value");
  const { line } = positionOf(place);
  return `${dotted(at)}, ${place.source === seenFrom ? "line " : `${place.source.name}:`}${line}`;
}

function parsed(json: string): Path | undefined {
  try {
    const path: unknown = JSON.parse(json);
    return Array.isArray(path)
      ? path.filter((step): step is string | number => typeof step === "string" || typeof step === "number")
      : undefined;
  } catch {
    return undefined; // a user's own text that looks like our mark
  }
}

const LEVELS: readonly Level[] = ["error", "warning", "note"];
const highest = (findings: readonly Finding[]): Level =>
  LEVELS.find((level) => findings.some((finding) => finding.level === level)) ?? "note";

function inFileOrder(a: Place, b: Place, sources: readonly Source[]): number {
  return sources.indexOf(a.source) - sources.indexOf(b.source) || a.start - b.start;
}
