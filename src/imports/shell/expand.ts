import type { Spot } from "../remark.ts";
import type { Scope } from "./scope.ts";
import { sum } from "./sum.ts";
import type { Part, Word } from "./syntax.ts";
import { type Field, field, type Piece, plain, split, type Text } from "./text.ts";
import { Cursor, readWord } from "./words.ts";

/** The fields of a word: unquoted values are split at blanks, as the shell does it. A name without a value stays `${NAME}`. */
export function expand(word: Word, scope: Scope, file: string): readonly Field[] {
  const fields: Piece[][] = [];
  let open: Piece[] | undefined;
  const add = (pieces: Text) => {
    if (open === undefined) {
      open = [];
      fields.push(open);
    }
    open.push(...pieces);
  };
  for (const part of word.parts) {
    if (part.kind === "name" && part.name === "@" && part.quoted) {
      scope.words.forEach((each, i) => {
        if (i > 0) open = undefined;
        add(each);
      });
      continue;
    }
    const value = valueIn(part, scope, file);
    if (part.quoted || part.kind === "text") {
      add(value);
      continue;
    }
    const all = plain(value);
    split(value).forEach((pieces, i) => {
      if (i > 0 || /^\s/.test(all)) open = undefined;
      add(pieces);
    });
    if (/\s$/.test(all)) open = undefined;
  }
  const at = { file, line: word.line };
  return fields.map((pieces) => field(pieces, at));
}

/** A word as one text, however it is quoted: what an assignment does. */
export const whole = (word: Word, scope: Scope, file: string): Text =>
  word.parts.flatMap((part) => valueIn(part, scope, file));

function valueIn(part: Part, scope: Scope, file: string): Text {
  const at: Spot = { file, line: part.line };
  const one = (text: string): Text => [{ text, at }];
  switch (part.kind) {
    case "text":
      return one(part.text);
    case "sum": {
      const value = sum(part.text, (name) => scope.number(name));
      return one(value === undefined ? `$((${part.text}))` : String(value));
    }
    case "command":
      return one(answer(part.text, scope, file));
    case "name": {
      const value = scope.get(part.name);
      const otherwise = /^:?[-=](.*)$/s.exec(part.rest)?.[1];
      if (otherwise !== undefined) return value === undefined || value.length === 0 ? one(otherwise) : value;
      if (part.rest !== "") return one(`\${${part.name}${part.rest}}`);
      if (value !== undefined) return value;
      return one(/^[?$!-]$/.test(part.name) ? "" : `\${${part.name}}`);
    }
  }
}

/** What a command inside `$(…)` prints, for the few that only compute; else it stays as it is written. */
function answer(text: string, scope: Scope, file: string): string {
  const cursor = new Cursor(text.trim(), 1);
  const words: string[] = [];
  while (!cursor.ended) {
    const word = readWord(cursor);
    if (word === undefined) {
      if (cursor.char !== " ") return `$(${text})`;
      cursor.take();
    } else words.push(...expand(word, scope, file).map((each) => each.text));
  }
  const [name, ...rest] = words;
  if (name === "echo") return rest.join(" ");
  if (name !== "seq") return `$(${text})`;
  const glued = rest[0]?.startsWith("-s") === true ? rest[0].slice(2) || rest[1] : "\n";
  const numbers = rest.filter((each) => /^-?\d+$/.test(each)).map(Number);
  const first = numbers.length > 1 ? (numbers[0] ?? 1) : 1;
  const [step, last] = numbers.length > 2 ? [numbers[1] ?? 1, numbers[2] ?? 0] : [1, numbers.at(-1) ?? 0];
  if (step <= 0) return `$(${text})`;
  const found: number[] = [];
  for (let n = first; n <= last && found.length < MOST; n += step) found.push(n);
  return found.join(glued);
}
const MOST = 4096;
