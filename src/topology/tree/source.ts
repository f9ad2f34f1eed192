/** A text that was read: a file of the user, or the `--set` values, one per line. */
export interface Source {
  readonly name: string;
  readonly kind: "file" | "set";
  readonly text: string;
  /** Offset of the first character of each line. */
  readonly lines: readonly number[];
}

/** A stretch of a source, as offsets. */
export interface Place {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
}

export function sourceOf(name: string, kind: Source["kind"], text: string): Source {
  const lines = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines.push(at + 1);
  return { name, kind, text, lines };
}

/** Line and column from 1; the length ends with the line, and is 1 at least so that a caret has a place. */
export function positionOf({ source, start, end }: Place): { line: number; column: number; length: number } {
  const line = lineAt(source, start);
  const from = source.lines[line - 1] ?? 0;
  const stop = Math.min(end, from + lineText(source, line).length);
  return { line, column: start - from + 1, length: Math.max(1, stop - start) };
}

/** The line and the one above it. Control characters are shown as a sign of the same width: a file must not drive a terminal. */
export function excerptOf(source: Source, line: number): readonly { line: number; text: string }[] {
  return [line - 1, line]
    .filter((number) => number >= 1)
    .map((number) => ({
      line: number,
      text: lineText(source, number).slice(0, LONGEST_QUOTE).replaceAll(CONTROL, "\uFFFD"),
    }));
}
const LONGEST_QUOTE = 10_000;
const CONTROL = /[\u0000-\u0008\u000A-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g;

function lineText(source: Source, line: number): string {
  const next = source.lines[line];
  const text = source.text.slice(source.lines[line - 1], next === undefined ? undefined : next - 1);
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}

function lineAt({ lines }: Source, offset: number): number {
  let [low, high] = [0, lines.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((lines[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}
