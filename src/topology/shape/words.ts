import { z } from "zod";
import type { Code } from "../findings/codes.ts";
import { isReserved } from "../tree/reserved.ts";

/** What a schema says of its own when a value does not fit: the code, and what to write. Shown with the path of the value. */
export interface Wrong {
  readonly code: Code;
  readonly remedy: readonly string[];
}

/** A text that a test accepts; else "PATH SAYS", under a code. */
export const textThat = (fits: (text: string) => boolean, says: string, params: Wrong, wanted?: string) =>
  z.string(wanted).refine(fits, { error: says, params: { ...params } });

/** A text with something in it, on one line. */
export const line = textThat((text) => text !== "", "is empty", {
  code: "empty-value",
  remedy: ["a text, or null to take the key out"],
}).refine((text) => !/[\n\t]/.test(text), {
  error: "has more than one line",
  params: { code: "character", remedy: ["one line of text"] },
});

/** An argument: numbers and booleans count as the text that was written. */
export const word = z.union([z.string(), z.number(), z.boolean()]);
export const words = z.array(word);

/** A command: a list of arguments, or the one word it consists of. */
export const command = z.union([
  line.refine((text) => !/\s/.test(text), {
    error: "has a blank in it; pdctl splits no text",
    params: { code: "type", remedy: ["a list: [python, -m, vllm]"] },
  }),
  words.min(1),
]);

export const env = z.record(z.string(), z.unknown());
export const args = z.record(z.string(), z.unknown());

export const port = z.int();
export const count = z.int().min(0).max(100_000);
export const atLeastOne = z.int().min(1).max(1_000_000);

const SECONDS = { s: 1, m: 60, h: 3600 } as const;

/** `90s`, `15m`, `2h`, as milliseconds. */
export const duration = textThat(
  (text) => durationMs(text) !== undefined,
  "is not a duration",
  {
    code: "duration",
    remedy: ["30s, 15m or 2h"],
  },
  "a duration (30s, 15m, 2h)",
);

export function durationMs(text: string): number | undefined {
  const [, digits, unit] = /^([1-9]\d{0,6})([smh])$/.exec(text) ?? [];
  if (digits === undefined || (unit !== "s" && unit !== "m" && unit !== "h")) return undefined;
  return Number(digits) * SECONDS[unit] * 1000;
}

const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** A name of our own: lower case, digits and dashes, as it becomes part of ids, paths and socket names. */
export const nameUpTo = (longest: number) =>
  textThat(
    (text) => LABEL.test(text) && text.length <= longest && !isReserved(text),
    `has to be 1 to ${longest} characters of a-z, 0-9 and -`,
    {
      code: "name",
      remedy: [`a name like prod-2, ${longest} characters at most`],
    },
  );

/** Nodes, or a range of them, or a list of either. Which nodes there are is known later. */
export const nodeNames = z.union([z.string(), z.array(z.string())]);

/** Device ids: numbers, or the hardware's own texts. */
export const deviceIds = z.array(
  z.union([
    z.int().min(0).max(65_535),
    textThat((text) => /^[A-Za-z0-9][A-Za-z0-9:._-]{0,127}$/.test(text) && !/^\d+-\d+$/.test(text), "is no device id", {
      code: "type",
      remedy: ["single ids: [0, 1, 2, 3]"],
    }),
  ]),
);
