import type { Role } from "../config.ts";
import { ProxyError } from "../errors.ts";
import type { Call } from "../front/call.ts";
import type { House } from "../house.ts";
import type { Endpoint } from "../routing/endpoint.ts";
import type { Traits } from "../routing/policies.ts";
import type { Seat } from "../routing/roster.ts";

export const NONE: ReadonlySet<Endpoint> = new Set();

/** The seats that one request takes, one after the other. Every one is given back, at the latest by `release`. */
export class Seats {
  readonly #rosters: House["rosters"];
  readonly #ask: Call["ask"];
  readonly #traits: Traits;
  #taken: Seat[] = [];
  #reserved: Seat | undefined;
  /** The prefill that was asked last. */
  #prefill: Endpoint | undefined;

  constructor({ rosters }: House, { ask }: Call, traits: Traits) {
    this.#rosters = rosters;
    this.#ask = ask;
    this.#traits = traits;
  }

  /** Takes a place in prefill before the leg begins. @returns false while every endpoint has as many legs as it may */
  reservePrefill(): boolean {
    if (this.#rosters.prefill.full) return false;
    this.#reserved = this.other("prefill", NONE);
    return true;
  }

  /** The reserved one, else one at an endpoint where no leg of this request failed, else any. @throws ProxyError target.none */
  first(role: Role, avoid: ReadonlySet<Endpoint>): Seat {
    const reserved = role === "prefill" ? this.#reserved : undefined;
    this.#reserved = undefined;
    const seat = reserved ?? this.other(role, avoid) ?? this.other(role, NONE);
    if (!seat) throw new ProxyError("target.none", { role });
    return seat;
  }

  get prefill(): Endpoint | undefined {
    return this.#prefill;
  }

  /** @param except endpoints that this leg has tried already */
  other(role: Role, except: ReadonlySet<Endpoint>): Seat | undefined {
    const tokens = role === "prefill" ? this.#ask.promptTokens : this.#ask.decodeTokens;
    const seat = this.#rosters[role].pick(tokens, except, this.#traits, role === "decode" ? this.#prefill : undefined);
    if (seat && role === "prefill") this.#prefill = seat.slot.endpoint;
    if (seat) this.#taken.push(seat);
    return seat;
  }

  /** Its leg goes on when the request is over, and gives it back by itself. */
  leave(seat: Seat): void {
    this.#taken = this.#taken.filter((one) => one !== seat);
  }

  release(): void {
    for (const seat of this.#taken) seat.release();
  }
}
