import { ProxyError } from "../errors.ts";
import type { House } from "../house.ts";
import type { Slot } from "../routing/endpoint.ts";
import { type Pin, pin } from "../routing/roster.ts";
import type { Progress } from "./progress.ts";

const LONG_HOLD_SECONDS = 60; // shorter ones end by themselves. Source: proxy-protocols.md §3.5

/** The KV that prefill holds for one request, from its answer on, and how long that may be. */
export class Hold {
  readonly #house: House;
  readonly #progress: Progress;
  #prefillSent = 0;
  /** When prefill may have finished, at the earliest, and when its answer was read. */
  #prefillAnswered: number | undefined;
  #answeredAt: number | undefined;
  #pin: Pin | undefined;
  /** Decode was sent what it fetches the KV with. */
  ticketSent = false;

  constructor(house: House, progress: Progress) {
    this.#house = house;
    this.#progress = progress;
  }

  /** Prefill holds its KV so long that it should not be left behind. */
  get isLong(): boolean {
    return (this.#house.holdSeconds ?? 0) > LONG_HOLD_SECONDS;
  }

  prefillLeaves(): void {
    this.#prefillSent = this.#house.now();
  }

  /** The last byte of prefill's answer is in. The time runs from the earliest at which prefill may have finished. */
  begins(slot: Slot, tokens: number): void {
    this.#prefillAnswered = Math.max(this.#prefillSent, this.#house.earliest());
    this.#answeredAt = this.#house.now();
    this.#progress.prefillMs = this.#answeredAt - this.#prefillSent;
    this.#progress.stage = "handoff";
    this.#pin = pin(slot, tokens);
  }

  /** When prefill may let its KV go; undefined: it holds none for this request, or for ever. */
  get endsAt(): number | undefined {
    const { holdSeconds } = this.#house;
    if (holdSeconds === undefined || this.#prefillAnswered === undefined) return undefined;
    return this.#prefillAnswered + holdSeconds * 1000;
  }

  /**
   * Asked when decode's connection is there and nothing has been written: decode on KV that prefill may have given to another prompt would
   * answer 200 with nonsense. Source: proxy-protocols.md §G.4.
   */
  gate(): ProxyError | undefined {
    const { endsAt } = this;
    if (endsAt !== undefined && this.#house.now() >= endsAt) return this.over();
    const handoffMs = this.#answeredAt === undefined ? undefined : this.#house.now() - this.#answeredAt;
    const slow = handoffMs !== undefined && this.#tooSlow(handoffMs);
    if (slow) return slow;
    this.ticketSent = true;
    if (handoffMs !== undefined) {
      this.#progress.handoffMs = handoffMs;
      this.#house.books.handoff.observe({}, handoffMs / 1000);
    }
    this.#progress.stage = "decode_wait";
    return undefined;
  }

  #tooSlow(handoffMs: number): ProxyError | undefined {
    const { handoffSeconds: seconds } = this.#house;
    if (seconds === undefined || handoffMs <= seconds * 1000) return undefined;
    return new ProxyError("handoff.slow", { target: this.#progress.prefill?.endpoint.url ?? "", seconds });
  }

  /** What to say of a hold that has ended. */
  over(): ProxyError {
    const target = this.#progress.prefill?.endpoint.url ?? "";
    this.#house.books.expiredKv.add({ target });
    return new ProxyError("kv.expired", { target, holdSeconds: this.#house.holdSeconds ?? 0 });
  }

  /** Decode reads, or has read. */
  taken(): void {
    this.#pin?.taken();
  }

  /** Nobody will come for it, unless it was taken: prefill holds it for the rest of its time. */
  left(): void {
    this.#pin?.left(this.endsAt);
  }

  /** What prefill holds by now is left to its own time limit. */
  forget(): void {
    this.left();
    this.#prefillAnswered = undefined;
    this.#answeredAt = undefined;
    this.ticketSent = false;
  }
}
