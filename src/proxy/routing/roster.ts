import type { Role } from "../config.ts";
import type { Endpoint, Slot } from "./endpoint.ts";
import type { Choose, Traits } from "./policies.ts";

/** A place in a slot that one leg holds. Giving it back twice is the same as once. */
export interface Seat {
  readonly slot: Slot;
  release(): void;
}

export interface RosterOptions {
  readonly choose: Choose;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  readonly most?: number;
  /** A seat was given back. */
  readonly onFree?: () => void;
}

/** The slots of one role, and whose turn it is. */
export class Roster {
  #endpoints: readonly Endpoint[] = [];
  #slots: readonly Slot[] = [];
  readonly #choose: Choose;
  /** Shifts the order by one after every lap, so that prefill and decode do not stay paired when both go round. */
  readonly #shifts: boolean;
  /** Legs at once at one endpoint. */
  readonly #most: number;
  readonly #onFree: () => void;
  readonly #now: () => number;
  #turn = 0;

  constructor(
    role: Role,
    endpoints: readonly Endpoint[],
    { choose, most = Number.POSITIVE_INFINITY, onFree = () => undefined, now }: RosterOptions,
  ) {
    this.#hold(endpoints.filter((endpoint) => endpoint.role === role));
    this.#choose = choose;
    this.#most = most;
    this.#onFree = onFree;
    this.#now = now;
    this.#shifts = role === "decode";
  }

  /** All that are there, also those that only end what they have. */
  get endpoints(): readonly Endpoint[] {
    return this.#endpoints;
  }

  add(endpoint: Endpoint): void {
    this.#hold([...this.#endpoints, endpoint]);
  }

  remove(endpoint: Endpoint): void {
    this.#hold(this.#endpoints.filter((one) => one !== endpoint));
  }

  #hold(endpoints: readonly Endpoint[]): void {
    this.#endpoints = endpoints;
    this.#slots = interleaved(endpoints);
  }

  /** Those that get requests, whatever their health. */
  get serving(): readonly Endpoint[] {
    return this.#endpoints.filter(({ presence }) => presence === "serves");
  }

  /** An endpoint is known to serve. */
  get ready(): boolean {
    return this.serving.some(({ state }) => state === "up");
  }

  /** A request would find a slot: one that is up, or else one that has not been asked yet or is late to answer. */
  get open(): boolean {
    return this.#endpoints.some(({ tryable }) => tryable);
  }

  /** A request would find a slot at another endpoint than these. */
  openBeside(tried: ReadonlySet<Endpoint>): boolean {
    return this.#endpoints.some((endpoint) => endpoint.tryable && !tried.has(endpoint));
  }

  /**
   * @param except endpoints that this leg has tried already
   * @param from of decode: the prefill that was asked. One that leaves is read by what leaves with it, as long as that is there: what came in
   * their place may not know it, or know another one at its address.
   */
  pick(tokens: number, except: ReadonlySet<Endpoint>, traits: Traits, from?: Endpoint): Seat | undefined {
    const beside = from?.presence === "leaves" ? this.#leaving(except) : NO_SLOTS;
    const able = beside.length > 0 ? beside : this.#able(except);
    const near = traits.near?.();
    const slot = near && able.includes(near) ? near : this.#choose(this.#inTurn(able), traits);
    if (!slot) return undefined;
    this.#turn++;
    return seat(slot, tokens, this.#onFree);
  }

  /** Estimated tokens of a prompt that the slot it would go to has cached, where the policy knows. */
  cached(traits: Traits): number {
    return this.#choose.cached?.(this.#able(NOT_TRIED), traits) ?? 0;
  }

  /** Endpoints could serve, and all of them have as many legs as they may. */
  get full(): boolean {
    return this.open && this.#endpoints.every((endpoint) => !endpoint.tryable || !this.#hasRoom(endpoint));
  }

  #hasRoom({ inFlight }: Endpoint): boolean {
    return this.#most === Number.POSITIVE_INFINITY || inFlight < this.#most;
  }

  /** Who was let in is served: a second try goes beyond the limit of an endpoint rather than fail. */
  #able(except: ReadonlySet<Endpoint>): readonly Slot[] {
    const best = this.#slots.filter(({ endpoint }) => this.#isBest(endpoint, except));
    return best.length > 0 ? best : this.#ableOtherwise(except);
  }

  #leaving(except: ReadonlySet<Endpoint>): readonly Slot[] {
    return this.#slots.filter(
      ({ endpoint }) => endpoint.presence === "leaves" && endpoint.state === "up" && !except.has(endpoint),
    );
  }

  /** Nothing speaks against it, as almost always. */
  #isBest(endpoint: Endpoint, except: ReadonlySet<Endpoint>): boolean {
    if (endpoint.state !== "up" || !endpoint.tryable || except.has(endpoint) || !this.#hasRoom(endpoint)) return false;
    return endpoint.circuit.allows(this.#now(), endpoint.inFlight);
  }

  #ableOtherwise(except: ReadonlySet<Endpoint>): readonly Slot[] {
    const tryable = this.#slots.filter(({ endpoint }) => endpoint.tryable && !except.has(endpoint));
    const roomy = tryable.filter(({ endpoint }) => this.#hasRoom(endpoint));
    const left = roomy.length > 0 ? roomy : tryable;
    const up = left.filter(({ endpoint }) => endpoint.state === "up");
    const sound = up.filter(({ endpoint }) => endpoint.circuit.allows(this.#now(), endpoint.inFlight));
    return [sound, up, left].find((slots) => slots.length > 0) ?? []; // a role's last endpoints are tried all the same
  }

  #inTurn(slots: readonly Slot[]): readonly Slot[] {
    if (slots.length < 2) return slots;
    const lap = Math.floor(this.#turn / slots.length);
    const first = (this.#turn + (this.#shifts ? lap : 0)) % slots.length;
    return [...slots.slice(first), ...slots.slice(0, first)];
  }
}

const NO_SLOTS: readonly Slot[] = [];
const NOT_TRIED: ReadonlySet<Endpoint> = new Set();

/** All first slots, then all second ones: neighbours in the order are different engines. */
function interleaved(endpoints: readonly Endpoint[]): readonly Slot[] {
  const depth = Math.max(0, ...endpoints.map(({ slots }) => slots.length));
  return Array.from({ length: depth }, (_, rank) => endpoints.flatMap(({ slots }) => slots[rank] ?? [])).flat();
}

function seat(slot: Slot, tokens: number, onFree: () => void): Seat {
  let held = true;
  slot.load += tokens;
  slot.inFlight++;
  slot.picks++;
  return {
    slot,
    release() {
      if (!held) return;
      held = false;
      slot.load -= tokens;
      slot.inFlight--;
      onFree();
      slot.endpoint.eased();
    },
  };
}

/** KV that prefill holds for one request. The first of the two ends it. */
export interface Pin {
  /** Decode has read it, or is about to have. */
  taken(): void;
  /** Nobody will come for it. @param until when prefill itself lets go of it, by the house's clock, ms; none: it does so at once, or never */
  left(until?: number): void;
}

/** Counts KV that a prefill slot holds. */
export function pin(slot: Slot, tokens: number): Pin {
  const handle = slot.endpoint.hold();
  let held = true;
  slot.pinned += tokens;
  const end = () => {
    if (held) slot.pinned -= tokens;
    held = false;
  };
  return {
    taken() {
      end();
      handle.taken();
    },
    left(until) {
      end();
      handle.left(until);
    },
  };
}
