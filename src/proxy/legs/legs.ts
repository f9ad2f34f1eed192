import type { AloneReason, Ask } from "../body/ask.ts";
import type { JsonObject } from "../body/json.ts";
import type { Role } from "../config.ts";
import { gaveUp, ProxyError } from "../errors.ts";
import type { Answer, Legs } from "../families/family.ts";
import type { Call } from "../front/call.ts";
import { hasClientLeft } from "../front/client-left.ts";
import type { House } from "../house.ts";
import { cachedTokensIn } from "../rewrite/cached-tokens.ts";
import type { Endpoint, Slot } from "../routing/endpoint.ts";
import type { Traits } from "../routing/policies.ts";
import type { Seat } from "../routing/roster.ts";
import { traitsOf } from "../routing/traits.ts";
import { type Head, UpstreamError } from "../upstream/upstream.ts";
import { countAnswer, countBreak, failed } from "./failed.ts";
import { Hold } from "./hold.ts";
import { type LegOutcome, sendLeg } from "./leg.ts";
import { pause } from "./pause.ts";
import type { Progress } from "./progress.ts";
import { type Failure, retryAfterMs } from "./retry-matrix.ts";
import { NONE, Seats } from "./seats.ts";
import { Restart, SecondChances } from "./second-chances.ts";

/** What came of one leg: an answer or an error, and, where it counts as a failure, which one. */
interface Outcome {
  readonly seat: Seat;
  readonly failure: Failure | undefined;
  readonly result: { readonly answer: Answer } | { readonly error: unknown };
}

/** The legs of one request: all that families do goes through here. */
export class CallLegs implements Legs {
  readonly body: JsonObject;
  readonly ask: Ask;
  readonly numbers: Legs["numbers"];
  readonly progress: Progress = { stage: "queued" };
  readonly #house: House;
  readonly #call: Call;
  readonly #seats: Seats;
  readonly #chances: SecondChances;
  readonly #hold: Hold;
  readonly traits: Traits;
  #attempt = 0;
  #lastWork: Promise<void> | undefined;

  constructor(house: House, call: Call) {
    this.#house = house;
    this.#call = call;
    this.traits = traitsOf(call.headers, call.body);
    this.#seats = new Seats(house, call, this.traits);
    this.#chances = new SecondChances(house);
    this.#hold = new Hold(house, this.progress);
    this.body = call.body;
    this.ask = call.ask;
    this.numbers = { lengthCapped: house.lengthCapped, remoteHost: house.remoteHost };
  }

  reservePrefill(): boolean {
    return this.#seats.reservePrefill();
  }

  pick(role: Role): Seat {
    return this.#seats.first(role, this.#chances.avoid);
  }

  async send(first: Seat, body: Buffer, fetchOnly?: () => Buffer): Promise<Answer> {
    const tried = new Set<Endpoint>();
    for (let seat = first; ; ) {
      const outcome = await this.#attemptAt(seat, body, tried);
      const next = outcome.failure && (await this.#remedy(outcome, outcome.failure, tried));
      if (next) seat = next;
      else if ("answer" in outcome.result) {
        if (outcome.seat.slot.endpoint.role === "decode") this.#hold.ends(); // it reads, or has read
        return outcome.result.answer;
      } else {
        if (fetchOnly && this.#hold.isLong && !this.#hold.ticketSent && hasClientLeft(this.#call.signal))
          this.#lastWork = this.#fetchAndForget(fetchOnly());
        throw outcome.result.error;
      }
    }
  }

  async readPrefill(answer: Answer): Promise<Buffer> {
    try {
      const bytes = await answer.bytes();
      this.#hold.begins(answer.from, this.ask.promptTokens);
      if (this.correctsCachedTokens) this.progress.cachedTokens = cachedTokensIn(bytes);
      return bytes;
    } catch (error) {
      throw this.broke(answer, error);
    }
  }

  /** Decode's number of cached tokens, if it gives one, is to be prefill's. What decode does alone it counts itself. */
  get correctsCachedTokens(): boolean {
    return this.#house.rewrites.cachedTokens && this.ask.carriesUsage && this.progress.alone === undefined;
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
    this.#hold.forget();
    this.progress.stage = "prefill";
  }

  /** Whether prefill may be asked once more for KV that it did not hand out; that is then counted, and goes to another if there is one. */
  mayAskForKvAgain(): boolean {
    const endpoint = this.progress.prefill?.endpoint;
    const failed = { failure: "no_kv", tried: NONE, later: undefined } as const;
    return endpoint !== undefined && this.#chances.take({ endpoint, ...failed }) !== undefined;
  }

  /** How often a leg was sent again. */
  get retries(): number {
    return this.#chances.count;
  }

  /** @returns work that goes on under the request's id after its client left, if there is any */
  release(): Promise<void> | undefined {
    this.#seats.release();
    this.#hold.ends();
    return this.#lastWork;
  }

  #fetchAndForget(body: Buffer): Promise<void> {
    const headers = this.#headers();
    return this.#house.releases.dispatch({
      path: this.#call.path,
      headers,
      body,
      tokens: this.ask.promptTokens,
      traits: this.traits,
    });
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
    const next = this.#seats.other(role, chance.next === "same" ? NONE : tried);
    if (!next && answer) throw new ProxyError("target.none", { role });
    return next;
  }

  #dispatch(seat: Seat, body: Buffer): Promise<LegOutcome> {
    const { slot } = seat;
    const { role } = slot.endpoint;
    this.progress[role] = slot;
    if (role === "prefill") this.#hold.prefillLeaves();
    const endsAt = role === "decode" ? this.#hold.endsAt : undefined;
    return sendLeg(this.#house, {
      slot,
      head: this.#head(slot),
      body,
      client: this.#call.signal,
      lease: endsAt === undefined ? undefined : { endsAt, over: () => this.#hold.over() },
      holdsLong: this.#hold.isLong && this.progress.alone === undefined,
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
      ...(role === "decode" && { gate: () => this.#hold.gate() }),
    };
  }

  #headers(): Readonly<Record<string, string | string[]>> {
    return {
      ...this.#call.headers,
      "content-type": "application/json",
      "x-request-id": this.#attempt === 0 ? this.#call.id : `${this.#call.id}-r${this.#attempt}`,
    };
  }
}
