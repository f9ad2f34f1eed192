/** A word as it is written: what is literal, what is asked of a variable, of another command, of arithmetic. */
export interface Word {
  readonly parts: readonly Part[];
  readonly line: number;
}

export type Part =
  | { readonly kind: "text"; readonly text: string; readonly line: number; readonly quoted: boolean }
  | {
      readonly kind: "name";
      readonly name: string;
      /** What stands in `${NAME…}` behind the name. */
      readonly rest: string;
      readonly line: number;
      readonly quoted: boolean;
    }
  | { readonly kind: "command"; readonly text: string; readonly line: number; readonly quoted: boolean }
  | { readonly kind: "sum"; readonly text: string; readonly line: number; readonly quoted: boolean };

export interface Redirect {
  readonly operator: string;
  readonly target: Word;
  /** The lines of a here-document, and the line of the first. */
  readonly body?: { readonly text: string; readonly line: number; readonly literal: boolean };
}

/** Commands of a pipeline: words and redirections of each. */
export interface Simple {
  readonly kind: "simple";
  readonly words: readonly Word[];
  readonly redirects: readonly Redirect[];
  readonly line: number;
  readonly to: number;
  /** What the output is piped into. */
  readonly piped: readonly Simple[];
}

export type Statement =
  | Simple
  | {
      readonly kind: "count";
      /** `for ((first; while; next))`. */
      readonly first: string;
      readonly while: string;
      readonly next: string;
      readonly body: readonly Statement[];
      readonly line: number;
      readonly to: number;
    }
  | {
      readonly kind: "each";
      readonly name: string;
      readonly words: readonly Word[];
      readonly body: readonly Statement[];
      readonly line: number;
      readonly to: number;
    }
  | {
      readonly kind: "function";
      readonly name: string;
      readonly body: readonly Statement[];
      readonly line: number;
      readonly to: number;
    }
  | {
      /** `if`, `while`, `case`, a group: which way it goes is not known here. */
      readonly kind: "branch";
      readonly word: string;
      readonly line: number;
      readonly to: number;
    };
