import type { Level } from "../../src/topology/rule.ts";

/** A service as a row speaks of it; what a row leaves out is not asserted. */
export interface Holds {
  readonly node?: string;
  readonly ip?: string;
  readonly group?: string;
  readonly ranks?: readonly number[];
  readonly devices?: readonly string[];
  readonly wave?: number;
  readonly hardware?: string;
  /** The first words of argv. */
  readonly head?: readonly string[];
  /** Flag → values: true for a flag alone, JSON parsed, one word as text, several as a list. */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly lacks?: readonly string[];
  /** Values as seed-lines.md writes them: text, or `{prepend A B}`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly unset?: readonly string[];
  /** The object of --kv-transfer-config, in part. */
  readonly kv?: unknown;
  /** Files by name without ending, parsed. */
  readonly files?: Readonly<Record<string, unknown>>;
  readonly noFile?: readonly string[];
  /** Ports by purpose, all of them. */
  readonly listens?: Readonly<Record<string, readonly number[]>>;
  readonly ready?: readonly string[];
  readonly runtime?: unknown;
  /** Runs of words that the runtime's options hold, in order. */
  readonly options?: readonly (readonly string[])[];
  readonly secrets?: readonly string[];
  readonly vendor?: readonly string[];
  /** The configuration of the bundled proxy, in part. */
  readonly proxy?: unknown;
  readonly stop?: number;
  /** The launch script without its comments: the last line, and words that are nowhere in it. */
  readonly script?: { readonly ends: string; readonly lacks: readonly RegExp[] };
  /** Complete blocks: nothing missing, nothing extra. */
  readonly completeArgv?: readonly string[];
  readonly completeEnv?: Readonly<Record<string, string>>;
  readonly completeProxy?: unknown;
}

/** The plan as a row speaks of it. */
export interface PlanHolds {
  readonly cluster?: string;
  readonly services?: readonly string[];
  readonly waves?: readonly (readonly string[])[];
  readonly targets?: unknown;
  readonly smoke?: { readonly url?: string; readonly path?: string; readonly body?: unknown; readonly atLeastWords?: number; readonly atLeastRequests?: number; readonly proof?: unknown };
  readonly bench?: { readonly node?: string; readonly flags?: Readonly<Record<string, unknown>>; readonly lacks?: readonly string[]; readonly completeArgv?: readonly string[] } | null;
  readonly deviceCount?: number;
  /** Parts that are nowhere in the plan's JSON. */
  readonly nowhere?: readonly (string | RegExp)[];
}

/** One row of seed-lines.md. */
export interface Row {
  /** Document and lines, and what they are about: "004:83 HCCL_IF_IP". */
  readonly line: string;
  /** Topologies or variants of them; each is asserted. */
  readonly on: readonly string[];
  /** What every node says its vLLM is; unset: the version is unknown. */
  readonly vllm?: string;
  /** By id, or P, D, E for all engines of a role or of both. */
  readonly at?: Readonly<Record<string, Holds>>;
  readonly plan?: PlanHolds;
  /** Findings that must be there, by code and level. */
  readonly says?: readonly (readonly [string, Level])[];
  /** Codes that must not be among the findings. */
  readonly silent?: readonly string[];
}

/** A row, or a part of one, that is asserted by a later part of pdctl. */
export interface Waiting {
  readonly line: string;
  readonly why: string;
}

/** NAME=value lines of a block. */
export function environment(block: string, changes: Readonly<Record<string, string | undefined>> = {}): Record<string, string> {
  const pairs = block
    .trim()
    .split("\n")
    .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const);
  const all: Record<string, string | undefined> = { ...Object.fromEntries(pairs), ...changes };
  return Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** A block of argv with some of its words replaced: the word after each flag. */
export function withFlags(block: readonly string[], changes: Readonly<Record<string, string>>): readonly string[] {
  return block.map((word, index) => changes[block[index - 1] ?? ""] ?? word);
}

/** A block of argv with a text replaced wherever it stands. */
export const withText = (block: readonly string[], from: string, to: string): readonly string[] => block.map((word) => word.replaceAll(from, to));
