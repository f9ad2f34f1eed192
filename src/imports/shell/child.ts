import type { Spot } from "../remark.ts";
import { expand } from "./expand.ts";
import { readScript } from "./read.ts";
import { Scope } from "./scope.ts";
import { type Field, field, type Piece, plain, split, type Text } from "./text.ts";

/** What a child process sees: exported names only. */
export function exportedOnly(
  scope: Scope,
  before: ReadonlyMap<string, { text: Text; at: Spot }>,
  words: readonly Text[],
): Scope {
  const own = new Scope(undefined, words);
  for (const [name, at] of scope.exported) {
    const text = scope.vars.get(name);
    if (text === undefined) continue;
    own.vars.set(name, text);
    own.exported.set(name, at);
  }
  for (const [name, { text, at }] of before) {
    own.vars.set(name, text);
    own.exported.set(name, at);
  }
  return own;
}

/** A here-document whose delimiter is not quoted. */
export const filled = (text: string, scope: Scope): string =>
  text.replaceAll(/\$\{?(\w+)\}?/g, (all, name: string) => {
    const value = scope.get(name);
    return value === undefined ? all : plain(value);
  });

/** Words of a command line that stands in one text, as `command:` of a container has it. */
export function wordsOf(text: string, at: Spot): readonly Field[] {
  const [one] = readScript(text, at.line);
  if (one?.kind !== "simple") return split([{ text, at }]).map((pieces: readonly Piece[]) => field(pieces, at));
  return one.words.flatMap((word) => expand(word, new Scope(), at.file));
}
