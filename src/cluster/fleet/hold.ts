import { UserError } from "../../errors.ts";
import { type Held, type Holder, type Lock, lock, readState } from "../../supervise/index.ts";
import { duration } from "../../words/numbers.ts";
import { userError, whyOf } from "../run/node-errors.ts";
import type { Run } from "../run/run.ts";
import type { Fleet } from "./fleet.ts";

const LEASE_MS = 40_000; // after a silent loss the node frees the lock when its lease is over: 30 s, and time to answer
const PATIENCE_MS = 60_000; // for the anchor to come back, before the verb ends as it stands

export interface HoldAsk {
  readonly cluster: string;
  /** The plan's first node, where everybody who means this plan meets. */
  readonly anchor: string;
  /** All nodes that may be changed: who calls other nodes the same cluster is met on those that are shared. */
  readonly nodes: readonly string[];
  readonly verb: string;
  readonly waitMs: number;
  /** Of the plan that is carried out, where there is one: for the audit. */
  readonly plan?: string;
}

/** What this run knows of the nodes; another number there is somebody else's work. */
export interface Sure {
  readonly generation: number;
  readonly stateDir: (node: string) => string;
}

/**
 * The cluster's locks, as one verb holds them: one on every node, each lives and dies with the connection to it. While they are held,
 * changes go through the fleet's guard. Before a verb changes anything, it makes `sure` that it still has them, or has them again
 * and nobody acted in between.
 */
export class Hold {
  readonly #ask: HoldAsk;
  readonly #fleet: Fleet;
  readonly #run: Run;
  readonly #locks = new Map<string, Lock>();
  readonly #lost = new Set<string>();

  private constructor(ask: HoldAsk, locks: readonly Lock[], fleet: Fleet, run: Run) {
    [this.#ask, this.#fleet, this.#run] = [ask, fleet, run];
    for (const one of locks) this.#watch(one);
    fleet.guard({ cluster: ask.cluster, verb: ask.verb, plan: ask.plan ?? null });
  }

  /** All of them or none. Throws `lock.held`. */
  static async take(ask: HoldAsk, fleet: Fleet, run: Run): Promise<Hold> {
    const late = run.clock() + ask.waitMs;
    for (;;) {
      const left = Math.max(0, Math.round(late - run.clock()));
      const locks = [await taken(ask, ask.anchor, left, fleet, run)];
      const others = ask.nodes.filter((node) => node !== ask.anchor);
      const outcomes = await fleet.on((_, node) => taken(ask, node, 0, fleet, run, { shared: true }), others);
      locks.push(...outcomes.flatMap((one) => (one.ok ? [one.value] : [])));
      const errors = outcomes.flatMap((one) => (one.ok ? [] : [one.error]));
      if (errors.length === 0) return new Hold(ask, locks, fleet, run);
      await Promise.all(locks.map((one) => one.release()));
      run.signal.throwIfAborted();
      const [first] = errors
        .map(userError)
        .toSorted((a, b) => Number(a.code === "lock.held") - Number(b.code === "lock.held"));
      if (first?.code !== "lock.held" || run.clock() >= late) throw first;
      // Holding some while waiting for others, two who wait would wait for each other.
      const node = "node" in first.facts ? first.facts.node : ask.anchor;
      const free = await taken(ask, node, Math.max(0, Math.round(late - run.clock())), fleet, run);
      await free.release();
    }
  }

  /** Nodes that were found later. Throws `lock.held`; those that it has stay. */
  async also(nodes: readonly string[]): Promise<void> {
    const locks = await this.#fleet.all(
      (_, node) => taken(this.#ask, node, this.#ask.waitMs, this.#fleet, this.#run, { shared: true }),
      nodes,
    );
    for (const one of locks.values()) this.#watch(one);
  }

  get node(): string {
    return this.#ask.anchor;
  }

  /** From now on this is the plan that the audit names. */
  about(plan: string): void {
    this.#fleet.guard({ cluster: this.#ask.cluster, verb: this.#ask.verb, plan });
  }

  /** A node that is away is left out: it refuses changes by itself. The anchor has to be there. */
  async sure(known: Sure): Promise<void> {
    this.#run.pulse?.beat();
    this.#run.signal.throwIfAborted();
    const { anchor } = this.#ask;
    if (this.#lost.has(anchor)) await this.#again(anchor, known, this.#withPatience);
    const others = [...this.#lost].filter((node) => node !== anchor);
    const outcomes = await this.#fleet.on((_, node) => this.#again(node, known, this.#take), others);
    this.#run.signal.throwIfAborted();
    for (const one of outcomes) if (!one.ok && !AWAY.has(userError(one.error).code)) throw one.error;
  }

  async #again(node: string, { stateDir, generation }: Sure, take: (node: string) => Promise<Lock>): Promise<void> {
    this.#watch(await take(node));
    const { scripts } = this.#fleet;
    const state = await readState(this.#fleet.session(node), { stateDir: stateDir(node) }, scripts, this.#run.signal);
    const now = state?.generation ?? 0;
    if (now === generation || (now === 0 && node !== this.#ask.anchor)) return;
    const acted = state === null ? { holder: "another run", verb: "down" } : { holder: state.owner, verb: "up" };
    const { cluster, verb } = this.#ask;
    throw new UserError("lock.held", {
      ...{ node, cluster, ...acted, wants: verb, since: "the connection to the lock was lost", pid: 0 },
    });
  }

  readonly #take = (node: string) =>
    taken(this.#ask, node, Math.max(this.#ask.waitMs, LEASE_MS), this.#fleet, this.#run);

  readonly #withPatience = async (node: string): Promise<Lock> => {
    const [fleet, run] = [this.#fleet, this.#run];
    try {
      return await this.#take(node);
    } catch (error) {
      run.signal.throwIfAborted();
      const away = userError(error);
      if (away.code === "lock.held") throw away;
      const late = AbortSignal.timeout(PATIENCE_MS);
      await fleet.again(node, whyOf(away), AbortSignal.any([run.signal, late])).catch((reason: unknown) => {
        throw late.aborted && !run.signal.aborted ? away : reason;
      });
      return this.#take(node);
    }
  };

  #watch(lock: Lock): void {
    this.#locks.set(lock.node, lock);
    this.#lost.delete(lock.node);
    void lock.lost.then(() => {
      if (this.#locks.get(lock.node) !== lock) return;
      this.#lost.add(lock.node);
      this.#run.pulse?.lost();
    });
  }

  async release(): Promise<void> {
    await Promise.all([...this.#locks.values()].map((one) => one.release()));
  }
}

const AWAY: ReadonlySet<string> = new Set(["node.lost", "node.silent", "node.unreachable"]);

/** `shared`: two names of one machine are one lock; never after a loss, when the one of before may still be there and about to go. */
function taken(
  { cluster, verb }: HoldAsk,
  node: string,
  waitMs: number,
  fleet: Fleet,
  run: Run,
  { shared = false }: { shared?: boolean } = {},
): Promise<Lock> {
  const { owner, id, link } = run;
  const since = new Date().toISOString();
  const holder: Holder = { owner, verb, since, pid: process.pid, run: id, ...(link !== undefined && { link }) };
  const onWait = ({ holder: other, heldMs }: Held) => {
    const awaits = `the lock on ${node}: ${other.owner}, pdctl ${other.verb}, for ${duration(heldMs / 1000)}`;
    run.emit({
      type: "phase",
      phase: "connect",
      level: "info",
      data: { state: "running", text: `waits for ${awaits}` },
    });
  };
  const ask = { cluster, holder, waitMs, shared, ...(waitMs > 0 && { onWait }) };
  return lock(fleet.session(node), ask, fleet.scripts, run.signal);
}
