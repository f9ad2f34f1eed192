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
  readonly #seconds = Array.from({ length: WINDOW_S }, () => ({ second: -1, requests: 0, retries: 0 }));

  /** @param now milliseconds of a clock that never jumps */
  constructor(now: () => number) {
    this.#now = now;
  }

  countRequest(): void {
    this.#current().requests++;
  }

  /** @returns whether one more retry may be made, which is then counted */
  take(): boolean {
    const current = this.#current();
    const recent = this.#seconds.filter(({ second }) => second > current.second - WINDOW_S);
    const sum = (key: "requests" | "retries") => recent.reduce((total, each) => total + each[key], 0);
    if (sum("retries") >= sum("requests") * SHARE + FLOOR_PER_S * WINDOW_S) return false;
    current.retries++;
    return true;
  }

  #current() {
    const second = Math.floor(this.#now() / 1000);
    const at = second % WINDOW_S;
    const found = this.#seconds[at];
    if (found?.second === second) return found;
    const fresh = { second, requests: 0, retries: 0 };
    this.#seconds[at] = fresh;
    return fresh;
  }
}
