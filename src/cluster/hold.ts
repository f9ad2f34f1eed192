import { UserError } from "../errors.ts";
import { type Holder, type Lock, lock, readState } from "../supervise/index.ts";
import { type Fleet, userError, whyOf } from "./fleet.ts";
import type { Run } from "./run.ts";

const LEASE_MS = 40_000; // after a silent loss the node frees the lock when its lease is over: 30 s, and time to answer

const PATIENCE_MS = 60_000; // for the lock's node to come back, before the verb ends as it stands

export interface HoldAsk {
  readonly cluster: string;
  readonly node: string;
  readonly verb: string;
  readonly waitMs: number;
}

/**
 * The cluster's lock, as one verb holds it. It lives and dies with the connection to its node: before a verb changes anything,
 * it makes `sure` that it still has it, or has it again and nobody acted in between.
 */
export class Hold {
  readonly #ask: HoldAsk;
  readonly #fleet: Fleet;
  readonly #run: Run;
  #lock: Lock;
  #lost = false;

  private constructor(ask: HoldAsk, taken: Lock, fleet: Fleet, run: Run) {
    [this.#ask, this.#fleet, this.#run] = [ask, fleet, run];
    this.#lock = this.#watched(taken);
  }

  /** Throws `lock.held`. */
  static async take(ask: HoldAsk, fleet: Fleet, run: Run): Promise<Hold> {
    return new Hold(ask, await taken(ask, ask.waitMs, fleet, run), fleet, run);
  }

  get node(): string {
    return this.#ask.node;
  }

  /** `stateDir` and `generation`: what this run knows of the lock's node; another number there is somebody else's work. */
  async sure({ stateDir, generation }: { stateDir: string; generation: number }): Promise<void> {
    if (!this.#lost) return;
    const [{ node }, { signal }] = [this.#ask, this.#run];
    this.#lock = this.#watched(await this.#again());
    const state = await readState(this.#fleet.session(node), { stateDir }, this.#fleet.scripts, signal);
    if ((state?.generation ?? 0) === generation) return;
    const acted = state === null ? { holder: "another run", verb: "down" } : { holder: state.owner, verb: "up" };
    throw new UserError("lock.held", { node, ...acted, since: "the connection to the lock was lost", pid: 0 });
  }

  async #again(): Promise<Lock> {
    const [ask, fleet, run] = [this.#ask, this.#fleet, this.#run];
    const waitMs = Math.max(ask.waitMs, LEASE_MS);
    try {
      return await taken(ask, waitMs, fleet, run);
    } catch (error) {
      run.signal.throwIfAborted();
      const away = userError(error);
      if (away.code === "lock.held") throw away;
      const late = AbortSignal.timeout(PATIENCE_MS);
      await fleet.again(ask.node, whyOf(away), AbortSignal.any([run.signal, late])).catch((reason: unknown) => {
        throw late.aborted && !run.signal.aborted ? away : reason;
      });
      return taken(ask, waitMs, fleet, run);
    }
  }

  #watched(lock: Lock): Lock {
    this.#lost = false;
    void lock.lost.then(() => {
      if (lock === this.#lock) this.#lost = true;
    });
    return lock;
  }

  async release(): Promise<void> {
    await this.#lock.release();
  }
}

function taken({ cluster, node, verb }: HoldAsk, waitMs: number, fleet: Fleet, run: Run): Promise<Lock> {
  const holder: Holder = { owner: run.owner, verb, since: new Date().toISOString(), pid: process.pid };
  return lock(fleet.session(node), { cluster, holder, waitMs }, fleet.scripts, run.signal);
}
