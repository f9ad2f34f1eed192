import type { Spot } from "../remark.ts";
import type { Statement } from "./syntax.ts";
import { plain, type Text } from "./text.ts";

/** What a shell knows while it runs. A child starts from a copy and keeps its own. */
export class Scope {
  readonly vars: Map<string, Text>;
  /** Exported names, and where the last one was. */
  readonly exported: Map<string, Spot>;
  readonly functions: Map<string, readonly Statement[]>;
  words: readonly Text[];
  constructor(from?: Scope, words: readonly Text[] = from?.words ?? []) {
    this.vars = new Map(from?.vars);
    this.exported = new Map(from?.exported);
    this.functions = new Map(from?.functions);
    this.words = words;
  }
  get(name: string): Text | undefined {
    if (/^\d+$/.test(name)) return name === "0" ? undefined : (this.words[Number(name) - 1] ?? []);
    if (name === "@" || name === "*")
      return this.words.flatMap((word, i) => (i === 0 ? word : [{ text: " ", at: word[0]?.at ?? NOWHERE }, ...word]));
    if (name === "#") return [{ text: String(this.words.length), at: NOWHERE }];
    return this.vars.get(name);
  }
  number(name: string): number | undefined {
    const text = plain(this.get(name) ?? []);
    return /^-?\d+$/.test(text) ? Number(text) : undefined;
  }
}
const NOWHERE: Spot = { file: "", line: 0 };
