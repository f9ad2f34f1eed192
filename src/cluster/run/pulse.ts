import { setMaxListeners } from "node:events";
import { UserError } from "../../errors.ts";
import type { Run } from "./run.ts";

const BEAT_MS = 1_000;
const STALL_MS = 30_000; // the nodes give locks up after the same time without a sign of life

/**
 * Notices that this process stood still: stopped, starved, or with its machine asleep. Whoever held a lock then does not hold it any
 * more, so the run ends instead of going on as if nothing had been.
 */
export class Pulse {
  readonly #over = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #last = now();
  #jump = 0;

  constructor() {
    this.#timer = setInterval(() => this.beat(), BEAT_MS);
    this.#timer.unref();
  }

  /** Aborts with `lock.stalled`. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  beat(): void {
    const [before, at] = [this.#last, now()];
    this.#last = at;
    this.#jump = Math.max(this.#jump, at.wall - before.wall);
    if (at.monotonic - before.monotonic >= STALL_MS) this.#end(at.monotonic - before.monotonic);
  }

  /** A lock is gone. That the machine slept shows in the wall clock alone, and that clock may merely have been set: now it counts. */
  lost(): void {
    this.beat();
    if (this.#jump >= STALL_MS) this.#end(this.#jump);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #end(stoodMs: number): void {
    if (!this.#over.signal.aborted) this.#over.abort(new UserError("lock.stalled", { stoodMs }));
  }
}

const now = () => ({ monotonic: performance.now(), wall: Date.now() });

/** The same run; its signal also ends it when the process stood still. */
export function pulsing(run: Run, pulse: Pulse): Run {
  const signal = AbortSignal.any([run.signal, pulse.signal]);
  setMaxListeners(0, signal); // as of the run's own: a fleet waits on it in hundreds of places
  return { ...run, pulse, signal };
}
