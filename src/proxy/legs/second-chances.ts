import type { Role } from "../config.ts";
import type { House } from "../house.ts";
import type { Endpoint } from "../routing/endpoint.ts";
import { backOff, type Failure, remedyFor } from "./retry-matrix.ts";

export interface Failed {
  readonly endpoint: Endpoint;
  readonly failure: Failure;
  /** Endpoints that this leg has tried, this one included. */
  readonly tried: ReadonlySet<Endpoint>;
  /** When this endpoint itself wants to be asked again, ms. */
  readonly later: number | undefined;
}

export interface Chance {
  readonly next: "other" | "same" | "restart";
  readonly waitMs: number;
}

/** Decode may have read or freed the KV: both legs go again, with a new id. Thrown at most once per request. */
export class Restart extends Error {
  override readonly name = "Restart";
}

/** What one request may still try, by the matrix, its own counts and the budget of all. */
export class SecondChances {
  #avoid: Set<Endpoint> | undefined;
  readonly #house: House;
  #taken: Map<string, number> | undefined;
  readonly #ofRole = { prefill: 0, decode: 0 };
  #restarts = 0;

  constructor(house: House) {
    this.#house = house;
  }

  /** Where a leg of this request failed: others come first. */
  get avoid(): ReadonlySet<Endpoint> {
    return this.#avoid ?? NONE;
  }

  get count(): number {
    return this.#ofRole.prefill + this.#ofRole.decode;
  }

  /** @returns none when the failure is final; else the chance, which is counted as taken */
  take({ endpoint, failure, tried, later }: Failed): Chance | undefined {
    const { role } = endpoint;
    const remedy = remedyFor(role, failure, this.#house.repeatsPrefill500);
    const key = `${role} ${failure === "idle_closed" ? "silent" : failure}`; // from here the two look alike where a prompt kills engines
    const before = this.#taken?.get(key) ?? 0;
    if (
      !remedy ||
      before >= remedy.most ||
      (role === "prefill" && this.#ofRole.prefill >= this.#house.retriesMost.prefill)
    )
      return undefined;
    const next =
      remedy.next === "restart"
        ? this.#restart()
        : this.#place(role, tried, remedy.orSame === true || later !== undefined);
    if (next === undefined || (remedy.costs && !this.#house.retries.take())) return undefined;
    this.#taken ??= new Map();
    this.#taken.set(key, before + 1);
    this.#avoid ??= new Set();
    this.#avoid.add(endpoint);
    this.#house.books.retries.add({ role, reason: failure });
    const waits = remedy.costs && next !== "restart";
    const backOffMs = waits ? backOff(this.#ofRole.prefill, this.#house.chance()) : 0;
    const waitMs = next === "same" ? (later ?? backOffMs) : backOffMs;
    this.#ofRole[role]++;
    if (next === "restart") this.#restarts++;
    return { next, waitMs };
  }

  #restart(): "restart" | undefined {
    return this.#restarts < this.#house.retriesMost.decode ? "restart" : undefined;
  }

  #place(role: Role, tried: ReadonlySet<Endpoint>, orSame: boolean): "other" | "same" | undefined {
    if (this.#house.rosters[role].openBeside(tried)) return "other";
    return orSame ? "same" : undefined;
  }
}

const NONE: ReadonlySet<Endpoint> = new Set();
