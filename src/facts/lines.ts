/** The gather script's answer: `key value` lines, in any order. */
export interface Lines {
  readonly all: (key: string) => readonly string[];
  readonly one: (key: string) => string | undefined;
}

export function linesOf(text: string): Lines {
  const found = new Map<string, string[]>();
  for (const [key, value] of text.split("\n").map(split)) {
    const values = found.get(key);
    if (values === undefined) found.set(key, [value]);
    else values.push(value);
  }
  return { all: (key) => found.get(key) ?? [], one: (key) => found.get(key)?.[0] };
}

/** The first word, and the rest. */
export function split(line: string): [string, string] {
  const space = line.indexOf(" ");
  return space < 0 ? [line, ""] : [line.slice(0, space), line.slice(space + 1)];
}

/** So many words, and the rest of the line, which may hold blanks. */
export function fields(line: string, count: number): readonly string[] {
  const words = line.split(" ");
  return [...words.slice(0, count), words.slice(count).join(" ")];
}

/** A row of comma-separated values without quotes, as the vendors' tools print them. */
export const csv = (line: string): readonly string[] => line.split(",").map((cell) => cell.trim());

/** A whole number; 0 where the tool says N/A. */
export const count = (text: string | undefined): number => Number.parseInt(text ?? "", 10) || 0;
