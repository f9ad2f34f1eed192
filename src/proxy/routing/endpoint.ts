import type { Role, Target } from "../config.ts";
import { Circuit } from "../health/circuit.ts";
import { after, type Health, isTryable, type Sight, UNKNOWN } from "../health/health.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { Bootstrap } from "./bootstrap.ts";

/** One rank that a request can be sent to: an endpoint, and which of its ranks. */
export interface Slot {
  readonly endpoint: Endpoint;
  readonly index: number;
  /** Estimated tokens that it is busy with. */
  load: number;
  /** Of prefill: estimated tokens whose KV it holds until decode has taken it. */
  pinned: number;
  inFlight: number;
  /** How often it was taken. */
  picks: number;
}

/** An engine that serves another model than the rest: requests for theirs would fail there. */
export interface Misfit {
  readonly serves: string;
  readonly others: string;
}

/** An engine's HTTP address: one connection pool, one health, one slot per rank. */
export class Endpoint {
  readonly url: string;
  readonly role: Role;
  readonly upstream: Upstream;
  readonly slots: readonly Slot[];
  readonly target: Target;
  /** Of a Mooncake prefill. */
  readonly bootstrap: Bootstrap | undefined;
  readonly circuit = new Circuit();
  /** What its /v1/models names first; none while it has not been asked or does not tell. */
  model: string | undefined;
  #misfit: Misfit | undefined;
  #health: Health = UNKNOWN;
  #wellSince = Number.NEGATIVE_INFINITY;
  #handles = 0;
  #holdsUntil = Number.NEGATIVE_INFINITY;
  #presence: "serves" | "leaves" | "gone" = "serves";
  #onEased: () => void = () => undefined;
  /** Called when a leg failed in a way that a probe can explain. */
  onDoubt: () => void = () => undefined;
  readonly #onChange: (endpoint: Endpoint) => void;
  /** What the last change came to, in words. */
  #told: string;

  constructor(target: Target, upstream: Upstream, onChange: (endpoint: Endpoint) => void) {
    const { url, role, slots, bootstrap_url } = target;
    this.target = target;
    this.bootstrap = bootstrap_url === undefined ? undefined : new Bootstrap(bootstrap_url, slots);
    this.url = url;
    this.role = role;
    this.upstream = upstream;
    this.slots = Array.from({ length: slots }, (_, index) => ({
      endpoint: this,
      index,
      load: 0,
      pinned: 0,
      inFlight: 0,
      picks: 0,
    }));
    this.#onChange = onChange;
    this.#told = this.#words;
  }

  get state(): Health["state"] {
    return this.#misfit ? "down" : this.#health.state;
  }

  get inFlight(): number {
    return this.slots.reduce((sum, slot) => sum + slot.inFlight, 0);
  }

  /** It may be sent a request: it stays, and it is not known to be of no use. */
  get tryable(): boolean {
    return this.#presence === "serves" && this.#misfit === undefined && isTryable(this.#health);
  }

  /** When the last probe that it answered well had been sent, ms of the house's clock. */
  get wellSince(): number {
    return this.#wellSince;
  }

  async close(): Promise<void> {
    await Promise.all([this.upstream.close(), this.bootstrap?.close()]);
  }

  /** @param askedAt of a probe: when it was sent */
  saw(sight: Sight, askedAt?: number): void {
    if (sight === "well" && askedAt !== undefined) this.#wellSince = askedAt;
    this.#change(() => {
      const wasDown = this.#health.state === "down";
      this.#health = after(this.#health, sight);
      if (this.#health.state === "down" && !wasDown) this.bootstrap?.forget();
    });
  }

  get misfit(): Misfit | undefined {
    return this.#misfit;
  }

  set misfit(misfit: Misfit | undefined) {
    this.#change(() => {
      this.#misfit = misfit;
    });
  }

  /** `serves`: it gets requests; `leaves`: it ends what it has; `gone`: nothing of it is left but what still refers to it. */
  get presence(): "serves" | "leaves" | "gone" {
    return this.#presence;
  }

  /** Gets no request any more. @param onEased called whenever something that it had to do may be over */
  leave(onEased: () => void): void {
    this.#presence = "leaves";
    this.#onEased = onEased;
  }

  stay(): void {
    this.#presence = "serves";
    this.#onEased = () => undefined;
  }

  go(): void {
    this.#presence = "gone";
    this.#onEased = () => undefined;
  }

  /** Of prefill: KV that decode has not read yet. @returns what says how that ended, once */
  hold(): { taken(): void; left(until: number | undefined): void } {
    this.#handles++;
    let held = true;
    const end = (until: number) => {
      if (!held) return;
      held = false;
      this.#handles--;
      this.#holdsUntil = Math.max(this.#holdsUntil, until);
      this.eased();
    };
    return { taken: () => end(Number.NEGATIVE_INFINITY), left: (until = Number.NEGATIVE_INFINITY) => end(until) };
  }

  /** When the last KV that nobody came for is let go, by the house's clock, ms. */
  get holdsUntil(): number {
    return this.#holdsUntil;
  }

  /** No leg is on its way to it or from it, and decode has read all that it holds for a request. */
  get isIdle(): boolean {
    return this.inFlight === 0 && this.#handles === 0;
  }

  eased(): void {
    this.#onEased();
  }

  /** What there is to say of it. */
  get #words(): string {
    return `${this.state} ${this.#misfit?.serves ?? ""} ${this.bootstrap?.trouble ?? ""}`;
  }

  #change(by: () => void): void {
    by();
    const told = this.#words;
    if (told === this.#told || this.#presence === "gone") return; // a leg that is cut off with it is no news
    this.#told = told;
    this.#onChange(this);
  }
}

/** How a slot is called in headers, logs and metrics. */
export const slotName = ({ endpoint, index }: Slot) => `${endpoint.url}#${index}`;
