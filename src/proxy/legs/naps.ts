const TICK_MS = 250;
const NAP_MS = 1_000; // shorter gaps are a busy process; a lease is not decided by them
const READING_MS = 1_000; // within this, all that lay there while it slept has been read

/**
 * Times in which this process did not run: stopped, swapped out, starved. What it reads when it goes on may have lain there all along,
 * so a lease that began with it is older than it looks.
 */
export class Naps {
  readonly #now: () => number;
  readonly #timer: NodeJS.Timeout;
  #ticked: number;
  #last = { from: Number.NEGATIVE_INFINITY, to: Number.NEGATIVE_INFINITY };

  /** @param now milliseconds of a clock that never jumps */
  constructor(now: () => number) {
    this.#now = now;
    this.#ticked = now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** The earliest time at which something may have come that is read now. */
  earliest(): number {
    const now = this.#now();
    if (now - this.#ticked > NAP_MS) return this.#ticked; // it has just woken up, and the timer has not said so yet
    return now - this.#last.to < READING_MS ? this.#last.from : now;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = this.#now();
    if (now - this.#ticked > NAP_MS) this.#last = { from: this.#ticked, to: now };
    this.#ticked = now;
  }
}
