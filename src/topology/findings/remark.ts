import type { Level, Path } from "../rule.ts";
import type { Place } from "../tree/source.ts";
import type { Code } from "./codes.ts";

/** What the loader has against a text, at a place in a text, before there is a tree to look paths up in. */
export interface Remark {
  readonly code: Code;
  /** Unset: an error. */
  readonly level?: Level;
  readonly title: string;
  readonly place: Place;
  readonly at?: Path;
  readonly caret?: string;
  readonly remedy: readonly string[];
}

/** Where the loader's parts put what they find; the loader alone owns the list. */
export type Say = (remark: Remark) => void;

/** A user's text inside a message: quoted, on one line, cut when long. */
export function shown(text: string): string {
  const line = JSON.stringify(text).replaceAll(/[\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g, "\uFFFD");
  return line.length > 62 ? `${line.slice(0, 60)}…"` : line;
}
