import type { Spot } from "../remark.ts";
import { whole } from "./expand.ts";
import type { Scope } from "./scope.ts";
import type { Simple } from "./syntax.ts";
import { type Field, plain, type Text } from "./text.ts";

/** A command that would have been started, with all that it would have seen. */
export interface Command {
  readonly fields: readonly Field[];
  /** Exported variables and those in front of the command; `at`: where each was written. */
  readonly env: ReadonlyMap<string, { readonly text: Text; readonly at: Spot }>;
  readonly at: Spot;
  readonly to: number;
  /** What its output goes into. */
  readonly sink: readonly { readonly text: string; readonly at: Spot }[];
  /** Text near it that may name the role: the file, headings, the words in front of the block. */
  readonly hint: readonly string[];
  /** As the last `cd` named it. */
  readonly directory: string;
}

export type Variables = ReadonlyMap<string, { readonly text: Text; readonly at: Spot }>;

export function environment(scope: Scope, before: Variables): Variables {
  const env = new Map(
    [...scope.exported].flatMap(([each, there]) => {
      const text = scope.vars.get(each);
      return text === undefined ? [] : [[each, { text, at: there }] as const];
    }),
  );
  for (const [each, value] of before) env.set(each, value);
  return env;
}

/** What its output goes into: pipes, and files. */
export function sinkOf(one: Simple, scope: Scope, file: string): Command["sink"] {
  return [
    ...one.piped.map((pipe) => ({
      text: `| ${pipe.words.map((word) => plain(whole(word, scope, file))).join(" ")}`,
      at: { file, line: pipe.line },
    })),
    ...one.redirects
      .filter(({ operator }) => /^(1|&)?>>?$/.test(operator))
      .map(({ operator, target }) => ({
        text: `${operator} ${plain(whole(target, scope, file))}`,
        at: { file, line: target.line },
      })),
  ];
}
