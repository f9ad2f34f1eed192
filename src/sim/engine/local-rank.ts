import { setTimeout as sleep } from "node:timers/promises";
import type { JsonObject } from "../json.ts";
import type { Connector, Match, RankContext } from "../kv/connector.ts";
import { LoadFailed } from "../kv/connector.ts";
import { Account } from "./account.ts";
import { answering, type Told } from "./answering.ts";
import { Aborted, type Ask, type EngineDied, type Rank, RequestFailed, ShutDown, type Step } from "./ask.ts";
import { blockHashes } from "./blocks.ts";
import type { Counters, Snapshot } from "./counters.ts";
import { computeKv, TOKEN_BYTES } from "./kv-content.ts";
import { Slots } from "./slots.ts";

/** One engine: its KV cache, its connector, and the requests that run on it. */
export class LocalRank implements Rank {
  readonly rank: number;
  readonly counters: Counters;
  private readonly context: RankContext;
  private readonly connector: Connector | undefined;
  private readonly slots: Slots;
  private readonly freed = new Set<() => void>();
  private readonly ends = new Set<(why: EngineDied | ShutDown) => void>();
  private death: EngineDied | undefined;
  /** Says why a step of the whole group cannot be made any more, or nothing. */
  blocked: () => EngineDied | undefined = () => undefined;

  constructor(context: RankContext, connector: Connector | undefined) {
    this.context = context;
    this.rank = context.rank;
    this.counters = context.counters;
    this.connector = connector;
    let [before, queued] = [0, 0];
    this.slots = new Slots(context.config.maxNumSeqs, (running, waiting) => {
      this.counters.add("vllm:num_requests_running", running - before);
      this.counters.add("vllm:num_requests_waiting", waiting - queued);
      [before, queued] = [running, waiting];
    });
  }

  get running(): number {
    return this.slots.running;
  }

  get dead(): boolean {
    return this.death !== undefined;
  }

  snapshot(): Snapshot {
    const { pool } = this.context;
    return { ...this.counters.snapshot(), "vllm:kv_cache_usage_perc": pool.used / pool.count };
  }

  /** Every request that runs, and every one that comes, fails from now on. */
  die(death: EngineDied): void {
    if (this.death !== undefined) return;
    this.death = death;
    this.endAll(death);
  }

  /** The requests that run end now, as an error or as cut short. */
  endAll(why: EngineDied | ShutDown): void {
    for (const tell of [...this.ends]) tell(why);
  }

  /** A request that the front-end refuses may have a ticket: whoever holds its KV is told to let go. Source: proxy-protocols.md §G.5. */
  decline(kvParams: JsonObject): void {
    this.connector?.arrived?.(kvParams)?.("aborted");
  }

  async *generate(ask: Ask, signal: AbortSignal): AsyncGenerator<Step> {
    const died = this.death ?? this.blocked();
    if (died !== undefined) {
      if (this.death === undefined) this.context.die(died.lines);
      throw died;
    }
    const stop = new AbortController();
    const onEnd = (why: EngineDied | ShutDown) => stop.abort(why);
    const onAbort = () => stop.abort(new Aborted());
    const ended = ask.kvParams && this.connector?.arrived?.(ask.kvParams);
    let end: "aborted" | "over" = "over";
    this.ends.add(onEnd);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    const account = new Account(this.counters, ask);
    try {
      yield* this.run(ask, account, stop.signal);
    } catch (error) {
      const cause = stop.signal.aborted ? stop.signal.reason : error;
      if (cause instanceof Aborted) end = "aborted";
      if (cause instanceof ShutDown) {
        yield { kind: "end", reason: "abort", stopReason: null, kvParams: null, cachedTokens: 0 };
        return;
      }
      if (cause instanceof RequestFailed) account.nothing();
      if (!(cause instanceof Aborted)) account.ended("error", 0); // a client that leaves is not counted
      throw cause;
    } finally {
      ended?.(end);
      this.ends.delete(onEnd);
      signal.removeEventListener("abort", onAbort);
    }
  }

  private async *run(ask: Ask, account: Account, signal: AbortSignal): AsyncGenerator<Step> {
    const { pool, config, faults } = this.context;
    const release = await this.slots.take(signal);
    account.runs();
    let blocks: readonly number[] = [];
    let handed = false;
    try {
      const hashes = config.prefixCaching ? blockHashes(ask.prompt, pool.blockSize, ask.salt) : [];
      const cached = pool.lookup(hashes.slice(0, Math.floor((ask.prompt.length - 1) / pool.blockSize)));
      blocks = cached;
      const computed = cached.length * pool.blockSize;
      this.counters.add("vllm:prefix_cache_queries_total", ask.prompt.length);
      this.counters.add("vllm:prefix_cache_hits_total", computed);
      const match = await this.connector?.match(ask, computed);
      blocks = [...cached, ...(await this.room(Math.ceil(ask.prompt.length / pool.blockSize) - cached.length, signal))];
      const before = pool.read(cached);
      const { outside, external } = await this.fromOutside(ask, computed, match, signal);
      const kv = await this.prefill(ask, Buffer.concat([before, outside]), signal);
      pool.write(blocks, kv);
      hashes.forEach((hash, at) => {
        const id = blocks[at];
        if (id !== undefined) pool.remember(id, hash);
      });
      await this.connector?.save(ask, kv);
      account.prompt({ computed, external }, external > 0 ? match?.via : undefined);

      const told = yield* this.answer(ask, kv, account, signal);
      const finished = { ask, blocks, kv, cachedTokens: computed, ...told };
      const hand = this.connector?.finished(finished);
      handed = hand?.holds === true;
      account.ended(told.reason, external > 0 ? 0 : computed);
      release();
      yield {
        kind: "end",
        reason: told.reason,
        stopReason: told.stopReason,
        kvParams: hand?.params ?? (faults.kvParams === "missing" ? undefined : null),
        cachedTokens: computed + external,
      };
    } finally {
      if (!handed) this.free(blocks);
      release();
    }
  }

  /** Gives blocks back, from here or from a connector that held them, and wakes who waits for room. */
  free(blocks: readonly number[]): void {
    this.context.pool.release(blocks);
    for (const wake of [...this.freed]) wake();
  }

  private async room(wanted: number, signal: AbortSignal): Promise<readonly number[]> {
    for (;;) {
      const blocks = this.context.pool.allocate(wanted);
      if (blocks !== undefined) return blocks;
      await new Promise<void>((resolve, reject) => {
        const wake = () => {
          this.freed.delete(wake);
          signal.removeEventListener("abort", leave);
          resolve();
        };
        const leave = () => {
          this.freed.delete(wake);
          reject(new Aborted());
        };
        this.freed.add(wake);
        signal.addEventListener("abort", leave, { once: true });
      });
    }
  }

  private async fromOutside(ask: Ask, computed: number, match: Match | undefined, signal: AbortSignal) {
    const nothing = { outside: Buffer.alloc(0), external: 0 };
    if (this.context.config.kv !== undefined)
      this.counters.add("vllm:external_prefix_cache_queries_total", ask.prompt.length - computed);
    if (match === undefined) return nothing;
    // these rise when the load is planned, also when it fails: no proof of a transfer (vllm-cpu.md §5)
    this.counters.add("vllm:external_prefix_cache_hits_total", match.tokens);
    if (match.via === "p2p")
      this.counters.add("vllm:prompt_tokens_cached_by_source_total", match.tokens, 'source="p2p"');
    try {
      return { outside: await match.load(signal), external: match.tokens };
    } catch (error) {
      if (!(error instanceof LoadFailed) || signal.aborted) throw error;
      return this.loadFailed(error, match.tokens, nothing);
    }
  }

  private loadFailed<T>(error: LoadFailed, tokens: number, recomputed: T): T {
    const { log, config } = this.context;
    for (const line of error.lines) log.error("kv_connector.py", line);
    if (config.kv?.onLoadFailure === "recompute") return recomputed;
    log.error(
      "scheduler.py",
      `Failing 1 request(s) due to KV load failure (failure_policy=fail, ${tokens} tokens affected)`,
    );
    throw new RequestFailed();
  }

  private async prefill(ask: Ask, known: Buffer, signal: AbortSignal): Promise<Buffer> {
    const { msPrefill } = this.context.faults;
    if (msPrefill > 0) await sleep(msPrefill, undefined, { signal });
    // the last token is computed here in any case: its output is what the next one is sampled from
    const kept = known.subarray(0, Math.min(known.length, (ask.prompt.length - 1) * TOKEN_BYTES));
    return Buffer.concat([kept, computeKv(kept, ask.prompt.slice(kept.length / TOKEN_BYTES))]);
  }

  private async *answer(ask: Ask, kv: Buffer, account: Account, signal: AbortSignal): AsyncGenerator<Step, Told> {
    const { faults, config } = this.context;
    const words = answering(ask, kv, { faults, vocabulary: config.vocabulary }, signal);
    for (;;) {
      const next = await words.next();
      if (next.done === true) return next.value;
      account.token();
      yield next.value;
    }
  }
}
