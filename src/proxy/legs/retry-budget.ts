import { Rolling } from "../health/rolling.ts";

const WINDOW_S = 10;
const SHARE = 0.1;
const FLOOR_PER_S = 3;

/**
 * How many retries all requests together may make: a tenth of the requests of the last ten seconds, and three per second beside that. What costs no
 * engine any work (a connection that was refused) is not counted: a sick cluster is finished off by work, and by KV that nobody fetches.
 * Source: proxy-protocols.md §3.6.
 */
export class RetryBudget {
  readonly #now: () => number;
  readonly #requests = new Rolling(WINDOW_S); // marked: the retries

  /** @param now milliseconds of a clock that never jumps */
  constructor(now: () => number) {
    this.#now = now;
  }

  countRequest(): void {
    this.#requests.add(this.#now(), { all: 1 });
  }

  /** @returns whether one more retry may be made, which is then counted */
  take(): boolean {
    const now = this.#now();
    const { all, marked } = this.#requests.sum(now);
    if (marked >= all * SHARE + FLOOR_PER_S * WINDOW_S) return false;
    this.#requests.add(now, { marked: 1 });
    return true;
  }
}
