import { hasClientLeft } from "../front/client-left.ts";
import { LetGo, type Signal } from "../signal.ts";

const LINGER_MS = 2_000; // Source: proxy-protocols.md §3.5 S3

/** Lets one leg go: when its client leaves, or when a time of its own is over. All of it ends with `end`. */
export class LegSignal extends LetGo {
  readonly #client: Signal;
  #timers: NodeJS.Timeout[] | undefined;
  #lingers = false;
  readonly #follow = () => {
    if (this.#lingers && hasClientLeft(this.#client)) this.after(LINGER_MS, () => this.#client.reason);
    else this.abort(this.#client.reason);
  };

  constructor(client: Signal) {
    super();
    this.#client = client;
    if (client.aborted) this.#follow();
    else client.addEventListener("abort", this.#follow, { once: true });
  }

  /** While it lingers, a client that leaves is followed two seconds later: what the engine is at now must not be cut off. */
  set lingers(lingers: boolean) {
    this.#lingers = lingers;
    if (!lingers && this.#client.aborted) this.abort(this.#client.reason);
  }

  /** @param over asked when the time is up: the reason to let go, or none @returns takes the time back */
  after(ms: number, over: () => unknown): () => void {
    const timer = setTimeout(() => {
      const reason = over();
      if (reason !== undefined) this.abort(reason);
    }, coarse(ms));
    if (this.#timers) this.#timers.push(timer);
    else this.#timers = [timer];
    return () => clearTimeout(timer);
  }

  end(): void {
    this.#client.removeEventListener("abort", this.#follow);
    if (this.#timers) for (const timer of this.#timers) clearTimeout(timer);
  }
}

/** Timers of one length cost next to nothing beside each other: long ones are cut to tenths of a second. */
const coarse = (ms: number) => (ms > 1_000 ? Math.floor(ms / 100) * 100 : ms);
