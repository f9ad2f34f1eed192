/** Where a finding points: keys and indices in the user's file, such as ["prefill", "args", "block-size"]. */
export type Path = readonly (string | number)[];

export type Level = "error" | "warning" | "note";

/** What the caret stands under: the key, the value, or both (`tp: 8`; a value that is a map or a list shows its key). */
export type Mark = "key" | "value" | "pair";

/** One place where a rule speaks. */
export interface Hit<Data> {
  readonly at: Path;
  readonly data: Data;
  /** Who it is about ("prefill-0 on a2-1"): hits of one rule at one place fold, the others are named under "also". */
  readonly subject?: string;
  /** Another level than the rule's own (an `experimental` switch downgrades some errors). */
  readonly level?: Level;
  /** Unset: the pair. */
  readonly mark?: Mark;
}

/**
 * One condition, its text and its remedy. It sees only its subject, knows no YAML, never throws.
 * `Subject` is `Topology` (stage topology), `Plan` with its topology (stage plan), or `Plan` and `Facts` (stage facts).
 */
export interface Rule<Subject, Data> {
  readonly id: string;
  readonly level: Level;
  check(subject: Subject): Iterable<Hit<Data>>;
  /** The title: subject first, what is so, in the past or present tense, no full stop. */
  message(data: Data): string;
  /** Stands behind the caret under the quoted line; short. */
  caret?(data: Data): string;
  /** What to write instead: keys, values, commands. Each becomes a line of "do". */
  remedy(data: Data): string | readonly string[];
}

/** A rule whose data type is its own business. */
// biome-ignore lint/suspicious/noExplicitAny: lists of rules hold rules of any data; each rule stays typed in itself
export type AnyRule<Subject> = Rule<Subject, any>;

/** What a rule or the loader said, before it is placed in a file. */
export interface Finding {
  readonly code: string;
  readonly level: Level;
  readonly title: string;
  readonly at: Path;
  readonly mark?: Mark;
  /** As `Hit.subject`. */
  readonly subject?: string;
  readonly caret?: string;
  readonly also: readonly string[];
  readonly remedy: readonly string[];
}

/** A finding with its place: ready to be shown. Lines and columns count from 1. */
export interface Diagnostic extends Finding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
  /** The quoted line and the one above it, as they stand in the file. */
  readonly excerpt: readonly { readonly line: number; readonly text: string }[];
}
