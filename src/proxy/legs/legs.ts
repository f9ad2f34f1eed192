import type { AloneReason, Ask } from "../body/ask.ts";
import type { JsonObject } from "../body/json.ts";
import type { Role } from "../config.ts";
import { gaveUp, ProxyError } from "../errors.ts";
import type { Answer, Legs } from "../families/family.ts";
import type { Call } from "../front/call.ts";
import { hasClientLeft } from "../front/client-left.ts";
import type { House } from "../house.ts";
import type { Endpoint, Slot } from "../routing/endpoint.ts";
import type { Traits } from "../routing/policies.ts";
import { pin, type Seat } from "../routing/roster.ts";
import { traitsOf } from "../routing/traits.ts";
import { type Head, UpstreamError } from "../upstream/upstream.ts";
import { countAnswer, countBreak, failed } from "./failed.ts";
import { type LegOutcome, sendLeg } from "./leg.ts";
import { pause } from "./pause.ts";
import type { Progress } from "./progress.ts";
import { type Failure, retryAfterMs } from "./retry-matrix.ts";
import { Restart, SecondChances } from "./second-chances.ts";

const LONG_HOLD_SECONDS = 60; // shorter ones end by themselves. Source: proxy-protocols.md §3.5

/** What came of one leg: an answer or an error, and, where it counts as a failure, which one. */
interface Outcome {
  readonly seat: Seat;
  readonly failure: Failure | undefined;
  readonly result: { readonly answer: Answer } | { readonly error: unknown };
}

/** The legs of one request: all that families do goes through here. Every seat is given back, at the latest by `release`. */
export class CallLegs implements Legs {
  readonly body: JsonObject;
  readonly ask: Ask;
  readonly numbers: { readonly lengthCapped: boolean };
  readonly progress: Progress = { stage: "queued" };
  readonly #house: House;
  readonly #call: Call;
  readonly #seats: Seat[] = [];
  readonly #chances: SecondChances;
  #attempt = 0;
  #prefillAnswered: number | undefined;
  #prefillSent = 0;
  #ticketSent = false;
  readonly #traits: Traits;
  #pin: (() => void) | undefined;
  #reserved: Seat | undefined;
  #lastWork: Promise<void> | undefined;

  constructor(house: House, call: Call) {
    this.#house = house;
    this.#call = call;
    this.#traits = traitsOf(call.headers, call.body);
    this.#chances = new SecondChances(house);
    this.body = call.body;
    this.ask = call.ask;
    this.numbers = { lengthCapped: house.lengthCapped };
  }

  pick(role: Role): Seat {
    const reserved = role === "prefill" ? this.#reserved : undefined;
    this.#reserved = undefined;
    if (reserved) return reserved;
    return (
      this.#pick(role, this.#chances.avoid) ?? this.#pick(role, NONE) ?? fail(new ProxyError("target.none", { role }))
    );
  }

  /** Takes a place in prefill before the leg begins. @returns false while every endpoint has as many legs as it may */
  reservePrefill(): boolean {
    if (this.#house.rosters.prefill.full) return false;
    this.#reserved = this.#pick("prefill", NONE);
    return true;
  }

  async send(first: Seat, body: Buffer, fetchOnly?: () => Buffer): Promise<Answer> {
    const tried = new Set<Endpoint>();
    for (let seat = first; ; ) {
      const outcome = await this.#attemptAt(seat, body, tried);
      const next = outcome.failure && (await this.#remedy(outcome, outcome.failure, tried));
      if (next) seat = next;
      else if ("answer" in outcome.result) {
        if (outcome.seat.slot.endpoint.role === "decode") this.#pin?.(); // it reads, or has read
        return outcome.result.answer;
      } else {
        if (fetchOnly && this.#holdsLong && !this.#ticketSent && hasClientLeft(this.#call.signal))
          this.#lastWork = this.#fetchAndForget(fetchOnly());
        throw outcome.result.error;
      }
    }
  }

  async readPrefill(answer: Answer): Promise<Buffer> {
    try {
      const bytes = await answer.bytes();
      this.#prefillAnswered = Math.max(this.#prefillSent, this.#house.earliest());
      this.progress.prefillMs = this.#house.now() - this.#prefillSent;
      this.progress.stage = "handoff";
      this.#pin = pin(answer.from, this.ask.promptTokens);
      return bytes;
    } catch (error) {
      throw this.broke(answer, error);
    }
  }

  /** What to say of an answer that could not be read to its end. */
  broke({ from }: Answer, error: unknown): unknown {
    if (!(error instanceof UpstreamError)) return error;
    countBreak(this.#house, from.endpoint, error);
    return gaveUp(from.endpoint, error);
  }

  goesAlone(reason: AloneReason): void {
    if (this.progress.alone === undefined) this.#house.books.alone.add({ reason });
    this.progress.alone = reason;
  }

  /** Starts over with a new id: what prefill holds for the old one is left to its own time limit. */
  again(): void {
    this.#attempt++;
    this.#prefillAnswered = undefined;
    this.#pin?.();
    this.#ticketSent = false;
    this.progress.stage = "prefill";
  }

  /** How often a leg was sent again. */
  get retries(): number {
    return this.#chances.count;
  }

  /** @returns work that goes on under the request's id after its client left, if there is any */
  release(): Promise<void> | undefined {
    for (const seat of this.#seats) seat.release();
    this.#pin?.();
    return this.#lastWork;
  }

  #fetchAndForget(body: Buffer): Promise<void> {
    const headers = this.#headers();
    return this.#house.releases.dispatch({
      path: this.#call.path,
      headers,
      body,
      tokens: this.ask.promptTokens,
      traits: this.#traits,
    });
  }

  get #holdsLong(): boolean {
    return (this.#house.holdSeconds ?? 0) > LONG_HOLD_SECONDS;
  }

  async #attemptAt(seat: Seat, body: Buffer, tried: ReadonlySet<Endpoint>): Promise<Outcome> {
    const { endpoint } = seat.slot;
    try {
      const { answer, failure } = await this.#dispatch(seat, body);
      countAnswer(this.#house, endpoint, failure);
      return { seat, failure, result: { answer } };
    } catch (reason) {
      seat.release();
      const { failure, error } = failed(this.#house, endpoint, { error: reason, tried });
      return { seat, failure, result: { error } };
    }
  }

  /** The seat to go on with, none when the failure is final. @throws Restart */
  async #remedy({ seat, result }: Outcome, failure: Failure, tried: Set<Endpoint>): Promise<Seat | undefined> {
    const { endpoint } = seat.slot;
    const { role } = endpoint;
    if (this.#call.signal.aborted) return undefined;
    if (failure !== "idle_closed") tried.add(endpoint);
    const answer = "answer" in result ? result.answer : undefined;
    const later = retryAfterMs(answer?.headers["retry-after"]);
    const chance = this.#chances.take({ endpoint, failure, tried, later });
    if (!chance) return undefined;
    answer?.drop();
    if (chance.next === "restart") throw new Restart();
    if (role === "prefill") this.#attempt++; // decode keeps its id, as no engine has seen it
    if (chance.waitMs > 0) await pause(chance.waitMs, this.#call.signal);
    const next = this.#pick(role, chance.next === "same" ? NONE : tried);
    if (!next && answer) throw new ProxyError("target.none", { role });
    return next;
  }

  #dispatch(seat: Seat, body: Buffer): Promise<LegOutcome> {
    const { slot } = seat;
    const { role } = slot.endpoint;
    this.progress[role] = slot;
    if (role === "prefill") this.#prefillSent = this.#house.now();
    const endsAt = role === "decode" ? this.#leaseEnd() : undefined;
    return sendLeg(this.#house, {
      slot,
      head: this.#head(slot),
      body,
      client: this.#call.signal,
      lease: endsAt === undefined ? undefined : { endsAt, over: () => this.#over() },
      holdsLong: this.#holdsLong && this.progress.alone === undefined,
      onClose: () => seat.release(),
    });
  }

  #head({ endpoint: { role, slots }, index }: Slot): Head {
    return {
      method: "POST",
      path: this.#call.path,
      headers: {
        ...this.#headers(),
        ...(slots.length > 1 && { "x-data-parallel-rank": String(index) }),
      },
      ...(role === "decode" && { gate: () => this.#mayGo() }),
    };
  }

  #headers(): Readonly<Record<string, string | string[]>> {
    return {
      ...this.#call.headers,
      "content-type": "application/json",
      "x-request-id": this.#attempt === 0 ? this.#call.id : `${this.#call.id}-r${this.#attempt}`,
    };
  }

  /** Decode on KV that prefill may have given to another prompt would answer 200 with nonsense. Source: proxy-protocols.md §G.4. */
  #mayGo(): ProxyError | undefined {
    const endsAt = this.#leaseEnd();
    if (endsAt !== undefined && this.#house.now() >= endsAt) return this.#over();
    this.#ticketSent = true;
    this.progress.stage = "decode_wait";
    return undefined;
  }

  /** When prefill may let its KV go; undefined: it holds none for this request, or for ever. */
  #leaseEnd(): number | undefined {
    const { holdSeconds } = this.#house;
    if (holdSeconds === undefined || this.#prefillAnswered === undefined) return undefined;
    return this.#prefillAnswered + holdSeconds * 1000;
  }

  #over(): ProxyError {
    const target = this.progress.prefill?.endpoint.url ?? "";
    this.#house.books.expiredKv.add({ target });
    return new ProxyError("kv.expired", { target, holdSeconds: this.#house.holdSeconds ?? 0 });
  }

  #pick(role: Role, except: ReadonlySet<Endpoint>): Seat | undefined {
    const seat = this.#house.rosters[role].pick(
      role === "prefill" ? this.ask.promptTokens : this.ask.decodeTokens,
      except,
      this.#traits,
    );
    if (seat) this.#seats.push(seat);
    return seat;
  }
}

const NONE: ReadonlySet<Endpoint> = new Set();
const fail = (error: Error): never => {
  throw error;
};
