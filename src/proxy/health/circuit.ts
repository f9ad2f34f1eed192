import { Rolling } from "./rolling.ts";

const WINDOW_S = 30;
const LEAST = 10; // legs in the window; fewer say nothing
const SHARE = 0.5;
const OPEN_MS = 10_000;
const OPEN_MOST_MS = 60_000;

/**
 * What legs tell of an endpoint, beside its probes: one that answers its health and fails every other request is passed over for a while, longer each
 * time, and then tried with one request at a time. Errors of clients, and clients that leave, say nothing of it. Times are the house's clock, ms.
 * Source: proxy-protocols.md §3.7.
 */
export class Circuit {
  readonly #legs = new Rolling(WINDOW_S); // marked: those that failed
  /** Requests that failed by what may be their own fault, and when. */
  readonly #causes = new Map<string, number>();
  #openUntil: number | undefined;
  #openMs = OPEN_MS;

  state(now: number): "closed" | "open" | "half_open" {
    if (this.#openUntil === undefined) return "closed";
    return now < this.#openUntil ? "open" : "half_open";
  }

  /** @param inFlight legs that the endpoint has at the moment */
  allows(now: number, inFlight: number): boolean {
    const state = this.state(now);
    return state === "closed" || (state === "half_open" && inFlight === 0);
  }

  /** @param cause of a failure that may be the request's own: what makes two of them the same request. A second one of it tells nothing new */
  count(isWell: boolean, now: number, cause?: string): void {
    const state = this.state(now);
    if (state === "open") return; // of legs that were sent before
    if (cause !== undefined && this.#knows(cause, now)) return;
    if (state === "half_open") this.#tried(isWell, now);
    else {
      this.#legs.add(now, { all: 1, marked: isWell ? 0 : 1 });
      const { all, marked } = this.#legs.sum(now);
      if (all >= LEAST && marked >= SHARE * all) this.#open(now);
    }
  }

  /** Whether a request has failed here within the window. */
  #knows(cause: string, now: number): boolean {
    for (const [one, at] of this.#causes) {
      if (at > now - WINDOW_S * 1000) break; // the oldest come first
      this.#causes.delete(one);
    }
    const isKnown = this.#causes.delete(cause);
    this.#causes.set(cause, now);
    return isKnown;
  }

  #tried(isWell: boolean, now: number): void {
    if (isWell) {
      this.#openUntil = undefined;
      this.#openMs = OPEN_MS;
    } else {
      this.#openMs = Math.min(2 * this.#openMs, OPEN_MOST_MS);
      this.#open(now);
    }
  }

  #open(now: number): void {
    this.#openUntil = now + this.#openMs;
    this.#legs.clear();
  }
}
