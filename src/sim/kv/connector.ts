import type { Ask } from "../engine/ask.ts";
import type { BlockPool } from "../engine/blocks.ts";
import type { Counters } from "../engine/counters.ts";
import type { Faults } from "../faults.ts";
import type { JsonObject } from "../json.ts";
import type { Log } from "../log.ts";
import type { EngineConfig } from "../start/config.ts";

/** What a connector's instance in one rank may use. */
export interface RankContext {
  readonly rank: number;
  readonly config: EngineConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly faults: Faults;
  readonly pool: BlockPool;
  readonly counters: Counters;
  readonly log: Log;
  /** Ends the engine: an exception in its loop. */
  readonly die: (lines: readonly string[]) => void;
}

/** Tokens behind those that are in the cache already, to be had from outside. */
export interface Match {
  readonly tokens: number;
  /** From another engine, or from a store. */
  readonly via: "p2p" | "store";
  /** The KV of those tokens. Rejects with LoadFailed when it cannot be had. */
  load(signal: AbortSignal): Promise<Buffer>;
}

export interface Finished {
  readonly ask: Ask;
  readonly reason: "length" | "stop";
  readonly generated: number;
  readonly blocks: readonly number[];
  readonly cachedTokens: number;
  readonly kv: Buffer;
}

export interface Handed {
  /** undefined: the answer has no such key. */
  readonly params: JsonObject | null | undefined;
  /** The blocks stay held until the connector lets them go. */
  readonly holds: boolean;
}

/** One KV connector in one rank. */
export interface Connector {
  /** Opens its listeners; an error here is an engine that does not start. */
  open(): Promise<void>;
  close(): void;
  /** A request with a ticket has come and may have to wait; what is returned is called when it is over. */
  arrived?(kvParams: JsonObject): ((end: "aborted" | "over") => void) | undefined;
  match(ask: Ask, computed: number): Promise<Match | undefined> | Match | undefined;
  /** The prompt's KV is complete: write it wherever it is kept. */
  save(ask: Ask, kv: Buffer): Promise<void>;
  finished(request: Finished): Handed | undefined;
}

/** KV that was promised could not be loaded; `lines` are logged, then the policy decides. */
export class LoadFailed extends Error {
  readonly lines: readonly string[];
  constructor(lines: readonly string[]) {
    super(lines.at(-1) ?? "KV load failure");
    this.lines = lines;
  }
}
