import { parseDocument, type YAMLError } from "yaml";
import type { Say } from "../findings/remark.ts";
import { positionOf, type Source } from "./source.ts";
import { syntaxText } from "./syntax-text.ts";
import type { Tree } from "./tree.ts";
import { TreeReader } from "./tree-reader.ts";

const MOST_ERRORS = 20; // after a syntax error the rest is mostly its echo

/** The tree of one YAML text, anchors, aliases and merge keys resolved. Undefined when it is not YAML or holds nothing. */
export function readYaml(
  source: Source,
  say: Say,
  range: { start: number; end: number } = { start: 0, end: source.text.length },
): Tree | undefined {
  const document = parseDocument(source.text.slice(range.start, range.end), {
    merge: false, // merge keys are resolved here, where the places are known
    prettyErrors: false,
    strict: true,
    stringKeys: false,
    uniqueKeys: false, // reported here, so that the other errors of the file are seen in the same run
    version: "1.2",
    logLevel: "error", // "silent" would also hide a second document
  });
  const faults = firstOfEachLine([...document.errors, ...document.warnings], source, range.start).slice(0, MOST_ERRORS);
  for (const fault of faults) {
    const [start, end] = fault.pos;
    say({
      ...syntaxText(fault),
      place: { source, start: start + range.start, end: Math.max(end, start + 1) + range.start },
    });
  }
  if (faults.length > 0 || document.contents === null) return undefined;
  const reader = new TreeReader(source, say, range.start);
  const tree = reader.read(document.contents, 0);
  return reader.stopped ? undefined : tree;
}

/** What follows a syntax error on its line is its echo. */
function firstOfEachLine(faults: readonly YAMLError[], source: Source, shift: number): readonly YAMLError[] {
  const lines = new Set<number>();
  return [...faults]
    .sort((a, b) => a.pos[0] - b.pos[0])
    .filter(({ pos: [start, end] }) => {
      const { line } = positionOf({ source, start: start + shift, end: end + shift });
      return !lines.has(line) && lines.add(line);
    });
}
