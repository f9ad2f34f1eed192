import { hasClientLeft } from "../front/client-left.ts";
import { LetGo, type Signal } from "../signal.ts";

/** The leg was let go because the other one of its pair has failed, or has answered for both. */
export class OtherLegEnded extends Error {
  override readonly name = "OtherLegEnded";
  constructor() {
    super("the other leg has ended");
  }
}

/** When prefill begins to write into decode's memory: while it computes, or when it has finished. */
export type Writes = "during" | "after";

/**
 * Lets two legs that run at once go: decode first, then prefill, but not prefill that may be writing into decode's memory. Decode keeps the
 * blocks of a request that was let go until that has ended; a prefill cut off in between would leave them taken for minutes.
 * Source: proxy-protocols.md §3.5, concurrent adapters; §E.6, Dynamo #14507.
 */
export class PairSignals {
  readonly #writes: Writes;
  readonly #client: Signal;
  readonly #decode = new LetGo();
  readonly #prefill = new LetGo();
  #prefillIs: "waiting" | "sent" | "done" = "waiting";
  readonly #follow = () => {
    this.#decode.abort(this.#client.reason);
    if (hasClientLeft(this.#client)) this.cutPrefill(this.#client.reason);
    else this.#prefill.abort(this.#client.reason); // the proxy is stopping: nothing can go on
  };

  constructor(client: Signal, writes: Writes) {
    this.#client = client;
    this.#writes = writes;
    if (client.aborted) this.#follow();
    else client.addEventListener("abort", this.#follow, { once: true });
  }

  get decode(): Signal {
    return this.#decode;
  }
  get prefill(): Signal {
    return this.#prefill;
  }

  prefillSent(): void {
    this.#prefillIs = "sent";
  }
  prefillDone(): void {
    this.#prefillIs = "done";
  }

  /** Decode has begun, so it has all of the KV: prefill has nothing to begin any more, and what it is at is not cut off. */
  decodeAnswered(): void {
    if (this.#prefillIs === "waiting") this.#prefill.abort(new OtherLegEnded());
    else this.#prefillIs = "done";
  }

  cutDecode(reason: unknown): void {
    this.#decode.abort(reason);
  }

  /** @param decodeHasIt false where it is known that decode has no memory for this request */
  cutPrefill(reason: unknown, { decodeHasIt = true } = {}): void {
    const mayWrite = this.#prefillIs === "done" || (this.#prefillIs === "sent" && this.#writes === "during");
    if (!mayWrite || !decodeHasIt) this.#prefill.abort(reason);
  }
}
