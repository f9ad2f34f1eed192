import type { Part, Word } from "./syntax.ts";

/** One word that sets a variable. */
export interface Assigned {
  readonly name: string;
  readonly value: Word;
  /** The value as it is written, to see what it is made of. */
  readonly sum: string;
}

/** `NAME=value` or `NAME+=value`, its first part unquoted; undefined: another word. */
export function assignment(word: Word): Assigned | undefined {
  let head = "";
  for (let i = 0; i < word.parts.length; i += 1) {
    const part = word.parts[i];
    if (part?.kind !== "text" || part.quoted) return undefined;
    head += part.text;
    const name = /^([A-Za-z_]\w*)\+?=$/.exec(head)?.[1];
    if (name === undefined) continue;
    const parts = word.parts.slice(i + 1);
    return { name, value: { parts, line: word.line }, sum: parts.map(written).join("") };
  }
  return undefined;
}

const written = (part: Part): string => (part.kind === "name" ? part.name : part.text);

/** The builtin that sets variables, where the word is one. */
export function declares(word: Word | undefined): string | undefined {
  const text = word?.parts.map((part) => (part.kind === "text" ? part.text : "")).join("") ?? "";
  return /^(export|declare|typeset|readonly|local)$/.test(text) ? text : undefined;
}
