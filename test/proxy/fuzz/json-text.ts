import type { Random } from "./random.ts";

/** Words that are awkward to carry: escapes, line ends, several bytes per character, halves of pairs, what looks like JSON. */
const WORDS = [
  ...["one", "two", "é", "😀", "\\u00e9", "\\ud83d\\ude00", "\\ud83d", '\\"', "\\\\", "\\n", "\\/", "{", "}", "[", "]"],
  ...[":", ",", '\\"stream\\":1', "data: [DONE]", "\u2028", "\u007f", "<b>&", "", " ", "kv_transfer_params"],
] as const;
const NUMBERS = [
  "0",
  "-0",
  "1.0",
  "0.10",
  "1e5",
  "1E-7",
  "9007199254740993",
  "18446744073709551615",
  "-1.50e+3",
] as const;
const SPACE = ["", "", "", " ", "\n", "\t", "\r\n", "  "] as const;

export const space = (random: Random) => random.pick(SPACE);

export function string(random: Random, words = 6): string {
  return `"${random.many(words, () => random.pick(WORDS)).join(random.pick(["", " "]))}"`;
}

/** Any JSON value as text, in any spelling. */
export function value(random: Random, depth = 3): string {
  const kind = random.int(0, depth > 0 ? 6 : 3);
  if (kind === 0) return string(random);
  if (kind === 1) return random.pick(NUMBERS);
  if (kind === 2) return String(random.int(-5, 500));
  if (kind === 3) return random.pick(["true", "false", "null"]);
  const inside = kind < 5 ? list(random, depth) : members(random, depth);
  return kind < 5 ? `[${inside}]` : `{${inside}}`;
}

const list = (random: Random, depth: number) =>
  random.many(4, () => `${space(random)}${value(random, depth - 1)}${space(random)}`).join(",");

const members = (random: Random, depth: number) =>
  random.many(4, () => `${space(random)}${string(random, 2)}${space(random)}:${value(random, depth - 1)}`).join(",");

/** An object of these members in any order, with any spaces. */
export function object(random: Random, of: readonly (readonly [key: string, text: string])[]): string {
  const texts = of.map(
    ([key, text]) => `${space(random)}"${key}"${space(random)}:${space(random)}${text}${space(random)}`,
  );
  return `${space(random)}{${shuffled(random, texts).join(",") || space(random)}}${space(random)}`;
}

function shuffled<T>(random: Random, from: readonly T[]): T[] {
  const left = [...from];
  return from.flatMap(() => left.splice(random.int(0, left.length - 1), 1));
}
