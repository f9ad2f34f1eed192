import type { JsonObject } from "../json.ts";
import type { Snapshot } from "./counters.ts";

/** One prompt of one HTTP request, ready for a rank. */
export interface Ask {
  /** vLLM's internal id: `cmpl-<X-Request-Id>-0-<8 hex>`. */
  readonly id: string;
  readonly prompt: readonly string[];
  readonly maxTokens: number;
  readonly minTokens: number;
  readonly ignoreEos: boolean;
  readonly stop: readonly string[];
  /** The text that ends the answer belongs to it. */
  readonly keepStop: boolean;
  /** Tokens that end the answer. */
  readonly stopTokens: readonly number[];
  readonly salt: string;
  readonly kvParams: JsonObject | undefined;
}

/** The end of an answer. */
export interface End {
  readonly kind: "end";
  /** "abort": the engine is being shut down. */
  readonly reason: "length" | "stop" | "abort";
  readonly stopReason: string | number | null;
  /** undefined: the key is left out of the answer; null: it says null. */
  readonly kvParams: JsonObject | null | undefined;
  readonly cachedTokens: number;
}

/** One token of an answer. */
export interface Token {
  readonly kind: "token";
  /** "" is the end of the text. */
  readonly word: string;
  /** What the answer grew by: nothing while it may be the beginning of a stop text. */
  readonly text: string;
  /** The end follows at once, so both go into one event of a stream. */
  readonly last: boolean;
}
export type Step = Token | End;

/** A rank as the front-end sees it: in this process, or behind the group's link. */
export interface Rank {
  readonly rank: number;
  readonly running: number;
  readonly dead: boolean;
  generate(ask: Ask, signal: AbortSignal): AsyncIterable<Step>;
  snapshot(): Snapshot;
  decline(kvParams: JsonObject): void;
}

/** The request fails with "Internal server error"; the engine lives on. */
export class RequestFailed extends Error {}

/** What the front-end says of an engine that has died. */
export const DEAD = "EngineCore encountered an issue. See stack trace (above) for the root cause.";

/** The engine's loop has ended with an exception; lines are what it logs. */
export class EngineDied extends Error {
  readonly lines: readonly string[];
  constructor(lines: readonly string[]) {
    super(lines.at(-1) ?? "engine died");
    this.lines = lines;
  }
}

/** The engine is being shut down: the request ends here, without an error. */
export class ShutDown extends Error {}

/** The client has gone. */
export class Aborted extends Error {}
