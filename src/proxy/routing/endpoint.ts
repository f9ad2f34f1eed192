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
  #health: Health = UNKNOWN;
  #wellSince = Number.NEGATIVE_INFINITY;
  readonly #onChange: (endpoint: Endpoint) => void;

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
  }

  get state(): Health["state"] {
    return this.#health.state;
  }

  get inFlight(): number {
    return this.slots.reduce((sum, slot) => sum + slot.inFlight, 0);
  }

  get tryable(): boolean {
    return isTryable(this.#health);
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
    const before = this.#health.state;
    this.#health = after(this.#health, sight);
    if (this.#health.state === before) return;
    if (this.#health.state === "down") this.bootstrap?.forget();
    this.#onChange(this);
  }
}

/** How a slot is called in headers, logs and metrics. */
export const slotName = ({ endpoint, index }: Slot) => `${endpoint.url}#${index}`;
