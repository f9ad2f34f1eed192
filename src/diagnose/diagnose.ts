import { fatal } from "../engines/fatal.ts";
import type { Cause } from "./cause.ts";
import { bare, errorWords, isError } from "./first-error.ts";

/** A service that ended, as the nodes saw it. */
export interface Death {
  readonly service: string;
  readonly group: string;
  readonly exit: number | null;
  readonly signal: string | null;
  /** On one common clock as well as is known; null when nobody saw it. */
  readonly atMs: number | null;
  /** The end of its log. */
  readonly log: readonly string[];
}

/** What one log says of an end. */
export interface Reading {
  readonly cause: Cause | undefined;
  /**
   * The machine's own words, without process, level, time and place before them: the line that shows the cause, else from the first
   * error line on; empty when it left none.
   */
  readonly why: readonly string[];
}

export interface Diagnosed extends Reading {
  readonly first: Death;
  /** The other deaths, in their order, each with the cause that its own log shows. */
  readonly followers: readonly (Death & { readonly cause: Cause | undefined })[];
}

/**
 * Which death came first, and why. A death whose log shows only a consequence (`follows`) never stands before one with a
 * cause of its own; among equals the earlier wins. `causes` of the most specific owner come first.
 */
export function diagnose(deaths: readonly Death[], causes: readonly Cause[]): Diagnosed | undefined {
  const seen = deaths.map((death) => ({ death, ...readLog(death.log, causes, death.signal) }));
  const [first, ...rest] = seen.toSorted((a, b) => rank(a.cause) - rank(b.cause) || time(a.death) - time(b.death));
  if (first === undefined) return undefined;
  return {
    first: first.death,
    cause: first.cause,
    why: first.why,
    followers: rest.map(({ death, cause }) => ({ ...death, cause })).toSorted((a, b) => time(a) - time(b)),
  };
}

/**
 * Why the service that wrote this log ended, or what last went wrong in it. What was sent SIGKILL did not end by anything that it
 * had logged: of its log only the shell's last word counts.
 */
export function readLog(whole: readonly string[], causes: readonly Cause[], signal: string | null = null): Reading {
  const { cause, why } = wordsOf(whole, causes, signal);
  return { cause, why: why.map(bare) };
}

function wordsOf(whole: readonly string[], causes: readonly Cause[], signal: string | null): Reading {
  const log = signal === "KILL" ? whole.filter((line) => KILLED.test(line)).slice(-1) : lastWords(whole);
  const lines = log.filter(isError);
  const known = causes.filter((cause) => cause.follows !== true);
  const hit =
    match(
      lines,
      known.filter((cause) => cause.wide !== true),
    ) ?? match(lines, known);
  if (hit !== undefined) return { cause: hit.cause, why: [hit.line, ...details(lines, hit.line)] };
  const consequence = match(lines, causes);
  const [words] = errorWords(log);
  if (consequence !== undefined) return { cause: consequence.cause, why: [words?.trim() ?? consequence.line] };
  return { cause: undefined, why: errorWords(log) };
}

/** pydantic's first line only counts what is wrong; which field, and what it should be, stand below. */
function details(lines: readonly string[], head: string): readonly string[] {
  if (!/\d+ validation errors? for \w+$/.test(head)) return [];
  const below = lines.slice(lines.findIndex((line) => line.trim() === head) + 1);
  const end = below.findIndex((line) => /^\s*For further information\b/.test(line));
  return below.slice(0, end < 0 ? 2 : end).map((line) => line.trim());
}

const KILLED = /(^|\s)Killed(\s|$)/;

/** From the beginning of its end; errors before that were of requests. */
const lastWords = (log: readonly string[]) =>
  log.slice(
    Math.max(
      0,
      log.findLastIndex((line) => fatal.test(line)),
    ),
  );

/** The earliest line that any of the causes knows. */
function match(log: readonly string[], causes: readonly Cause[]): { cause: Cause; line: string } | undefined {
  for (const line of log) {
    const cause = causes.find(({ pattern }) => pattern.test(line));
    if (cause !== undefined) return { cause, line: line.trim() };
  }
  return undefined;
}

const rank = (cause: Cause | undefined) => (cause?.follows === true ? 1 : 0);
const time = (death: Death) => death.atMs ?? Number.POSITIVE_INFINITY;
