import { hasClientLeft } from "../front/client-left.ts";

const LINGER_MS = 2_000; // Source: proxy-protocols.md §3.5 S3

/** Lets one leg go: when its client leaves, or when a time of its own is over. All of it ends with `end`. */
export class LegSignal {
  readonly #controller = new AbortController();
  readonly #client: AbortSignal;
  readonly #timers = new Set<NodeJS.Timeout>();
  #lingers = false;
  readonly #follow = () => {
    if (this.#lingers && hasClientLeft(this.#client)) this.after(LINGER_MS, () => this.#client.reason);
    else this.#controller.abort(this.#client.reason);
  };

  constructor(client: AbortSignal) {
    this.#client = client;
    if (client.aborted) this.#follow();
    else client.addEventListener("abort", this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** While it lingers, a client that leaves is followed two seconds later: what the engine is at now must not be cut off. */
  set lingers(lingers: boolean) {
    this.#lingers = lingers;
    if (!lingers && this.#client.aborted) this.#controller.abort(this.#client.reason);
  }

  /** @param over asked when the time is up: the reason to let go, or none @returns takes the time back */
  after(ms: number, over: () => Error | undefined): () => void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const reason = over();
      if (reason) this.#controller.abort(reason);
    }, ms);
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  end(): void {
    this.#client.removeEventListener("abort", this.#follow);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
