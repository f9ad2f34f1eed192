import type { Tls } from "../config.ts";

/** A check narrows a value, or says what was expected instead. */
export interface Check<T> {
  readonly expects: string;
  /** The same of a word on the command line, where that is written otherwise than in a file. */
  readonly wanted?: string;
  readonly is: (value: unknown) => value is T;
  /** What a word of the command line stands for; it is checked afterwards. */
  readonly from: (word: string) => unknown;
  /** All values, where they are words. */
  readonly words?: readonly string[];
}

const check = <T>(
  expects: string,
  is: (value: unknown) => value is T,
  from: (word: string) => unknown = (word) => word,
): Check<T> => ({ expects, is, from });

const number = (word: string) => (/^-?\d+(\.\d+)?$/.test(word) ? Number(word) : word);

export const text = check("a text", (value): value is string => typeof value === "string" && value.length > 0);
export const flag = check(
  "true or false",
  (value): value is boolean => typeof value === "boolean",
  (word) => (word === "true" ? true : word === "false" ? false : word),
);

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
const duration = (word: string) => {
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?)([smh])$/.exec(word) ?? [];
  return count === undefined ? number(word) : Number(count) * (UNITS[unit] ?? 1);
};
const SECONDS_MOST = 2_000_000; // a timer that is set for longer goes off at once

/** In a file a number; on the command line also `90s`, `15m`, `2h`. */
export const seconds = check(
  "seconds, a number above 0, at most 2000000",
  (value): value is number => typeof value === "number" && value > 0 && value <= SECONDS_MOST,
  duration,
);
export const secondsOrNone = check(
  "seconds, from 0 to 2000000",
  (value): value is number => typeof value === "number" && value >= 0 && value <= SECONDS_MOST,
  duration,
);

const whole = (value: unknown, least: number): value is number => Number.isSafeInteger(value) && Number(value) >= least;
export const atLeastOne = check("a whole number of at least 1", (value): value is number => whole(value, 1), number);
export const atLeastNone = check("a whole number, 0 or more", (value): value is number => whole(value, 0), number);
export const noneOrOne = check("0 or 1", (value): value is number => value === 0 || value === 1, number);
export const share = check(
  "a number from 0 to 1",
  (value): value is number => typeof value === "number" && value >= 0 && value <= 1,
  number,
);
export const portNumber = check(
  "a port, 0 to 65535",
  (value): value is number => whole(value, 0) && value < 65_536,
  number,
);
export const oneOf = <T extends string>(...words: readonly T[]): Check<T> => ({
  ...check(words.map((each) => `"${each}"`).join(" or "), (value): value is T => words.some((each) => each === value)),
  words,
});

export const environmentName = check(
  "the name of an environment variable",
  (value): value is string => typeof value === "string" && /^[A-Za-z_][A-Za-z0-9_]*$/.test(value),
);

const certificateAndKey = check(
  '{ "cert": FILE, "key": FILE }',
  (value): value is Tls => {
    if (typeof value !== "object" || value === null) return false;
    const files = new Map<string, unknown>(Object.entries(value));
    return files.size === 2 && [files.get("cert"), files.get("key")].every((file) => text.is(file));
  },
  (word) => {
    const [cert, key, ...others] = word.split(",");
    return others.length === 0 ? { cert, key } : word;
  },
);

/** On the command line `CERT,KEY`. */
export const certificate: Check<Tls> = { ...certificateAndKey, wanted: "two PEM files, CERT,KEY" };

/** What is sent to an engine begins with its address and nothing else. */
export const endpointUrl = check("a url like http://10.0.0.1:8100, without a path", (value): value is string => {
  if (typeof value !== "string" || !URL.canParse(value)) return false;
  const { protocol, pathname, search, hash, username } = new URL(value);
  return /^https?:$/.test(protocol) && pathname === "/" && !value.endsWith("/") && search + hash + username === "";
});
