import { randomBytes } from "node:crypto";
import type { AloneReason, Ask } from "../body/ask.ts";
import type { JsonObject } from "../body/json.ts";
import type { Payload } from "../body/payload.ts";
import type { Role } from "../config.ts";
import { ProxyError } from "../errors.ts";
import type { Answer, Legs, PairTerms } from "../families/family.ts";
import type { Call } from "../front/call.ts";
import { hasClientLeft } from "../front/client-left.ts";
import { generates, pathOf } from "../front/routes.ts";
import type { House } from "../house.ts";
import { cachedTokensIn } from "../rewrite/cached-tokens.ts";
import type { Endpoint } from "../routing/endpoint.ts";
import type { Traits } from "../routing/policies.ts";
import type { Seat } from "../routing/roster.ts";
import { traitsOf } from "../routing/traits.ts";
import type { ExpectedCall } from "./callbacks.ts";
import { brokeOff } from "./failed.ts";
import { Hold } from "./hold.ts";
import type { Means } from "./pair.ts";
import { pause } from "./pause.ts";
import type { Progress } from "./progress.ts";
import { type Failure, retryAfterMs } from "./retry-matrix.ts";
import { NONE, Seats } from "./seats.ts";
import { Restart, SecondChances } from "./second-chances.ts";
import { type Outcome, Sender } from "./sender.ts";
import { together } from "./together.ts";

/** The legs of one request: all that families do goes through here. */
export class CallLegs implements Legs {
  readonly body: JsonObject;
  readonly ask: Ask;
  readonly path: string;
  readonly numbers: Legs["numbers"];
  readonly progress: Progress = { stage: "queued" };
  readonly #house: House;
  readonly #call: Call;
  readonly #seats: Seats;
  readonly #chances: SecondChances;
  readonly #hold: Hold;
  readonly #sender: Sender;
  readonly traits: Traits;
  readonly #tails: Promise<unknown>[] = [];

  constructor(house: House, call: Call) {
    this.#house = house;
    this.#call = call;
    const traits = traitsOf(call.headers, call.body);
    this.traits = call.near ? { ...traits, near: call.near } : traits;
    this.#seats = new Seats(house, call, this.traits);
    this.#chances = new SecondChances(house);
    this.#hold = new Hold(house, this.progress);
    this.#sender = new Sender(house, call, house.marksIds ? `-${randomBytes(6).toString("hex")}` : "");
    this.body = call.body;
    this.ask = call.ask;
    this.path = pathOf({ url: call.path });
    const { lengthCapped, remoteHost, decodeAlone } = house;
    this.numbers = { lengthCapped, remoteHost, decodeAlone };
  }

  reservePrefill(): boolean {
    return this.#seats.reservePrefill();
  }

  pick(role: Role): Seat {
    return this.#seats.first(role, this.#chances.avoid);
  }

  async send(first: Seat, body: Payload | (() => Payload), fetchOnly?: () => Payload): Promise<Answer> {
    let tried: Set<Endpoint> | undefined;
    for (let seat = first; ; ) {
      const outcome = await this.#sendTo(seat, typeof body === "function" ? body() : body, tried ?? NONE);
      if (outcome.failure) tried ??= new Set();
      const next = outcome.failure && tried && (await this.#remedy(outcome, outcome.failure, tried));
      if (next) seat = next;
      else if ("answer" in outcome.result) {
        const { answer } = outcome.result;
        if (answer.from.endpoint.role === "decode" && answer.status === 200) this.#hold.taken();
        return answer;
      } else {
        if (fetchOnly && this.#hold.isLong && !this.#hold.ticketSent && hasClientLeft(this.#call.signal))
          this.#tails.push(this.#fetchAndForget(fetchOnly()));
        throw outcome.result.error;
      }
    }
  }

  expectCall(engineId: string): ExpectedCall {
    return this.#house.callbacks.expect(engineId);
  }

  together(make: Parameters<Legs["together"]>[0], terms: PairTerms): Promise<Answer> {
    const tail = (work: Promise<unknown>) => void this.#tails.push(work);
    return together(this.#means, make, { terms, tail });
  }

  async readPrefill(answer: Answer): Promise<Buffer> {
    try {
      const bytes = await answer.bytes();
      this.#hold.begins(answer.from, this.ask.promptTokens);
      this.#note(bytes);
      return bytes;
    } catch (error) {
      throw this.broke(answer, error);
    }
  }

  /** What the client is told of prefill's answer. */
  #note(bytes: Buffer): void {
    if (this.correctsCachedTokens) this.progress.cachedTokens = cachedTokensIn(bytes);
  }

  /** Decode's number of cached tokens, if it gives one, is to be prefill's. What decode does alone it counts itself. */
  get correctsCachedTokens(): boolean {
    return this.#house.rewrites.cachedTokens && this.ask.carriesUsage && this.progress.alone === undefined;
  }

  /** What to say of an answer that could not be read to its end. */
  broke({ from }: Answer, error: unknown): unknown {
    return brokeOff(this.#house, from.endpoint, error);
  }

  goesAlone(reason: AloneReason): void {
    if (!this.numbers.decodeAlone && generates(this.path)) throw new ProxyError("request.not-alone", { reason });
    if (this.progress.alone === undefined) this.#house.books.alone.add({ reason });
    this.progress.alone = reason;
  }

  /** Starts over with a new id: what prefill holds for the old one is left to its own time limit. */
  again(): void {
    this.#sender.nextAttempt();
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

  /** @returns when the work is over that goes on under the request's id after it has ended */
  release(): Promise<void> | undefined {
    this.#seats.release();
    if (this.#tails.length === 0) {
      this.#hold.left();
      return undefined;
    }
    return Promise.all(this.#tails).then(() => this.#hold.left());
  }

  get #means(): Means {
    const [house, call, seats, chances] = [this.#house, this.#call, this.#seats, this.#chances];
    const note = (bytes: Buffer) => this.#note(bytes);
    return { house, call, seats, chances, sender: this.#sender, hold: this.#hold, progress: this.progress, note };
  }

  async #fetchAndForget(body: Payload): Promise<void> {
    const result = await this.#house.releases.dispatch({
      path: this.#call.path,
      headers: this.#sender.headers,
      body,
      tokens: this.ask.promptTokens,
      traits: this.traits,
      from: this.#seats.prefill,
    });
    if (result === "released") this.#hold.taken();
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
    if (role === "prefill") this.#sender.nextAttempt(); // decode keeps its id, as no engine has seen it
    if (chance.waitMs > 0) await pause(chance.waitMs, this.#call.signal);
    const next = this.#seats.other(role, chance.next === "same" ? NONE : tried);
    if (!next && answer) throw new ProxyError("target.none", { role });
    return next;
  }

  #sendTo(seat: Seat, body: Payload, tried: ReadonlySet<Endpoint>): Promise<Outcome> {
    const { slot } = seat;
    const { role } = slot.endpoint;
    this.progress[role] = slot;
    if (role === "prefill") this.#hold.prefillLeaves();
    const endsAt = role === "decode" ? this.#hold.endsAt : undefined;
    return this.#sender.send({
      seat,
      body,
      tried,
      client: this.#call.signal,
      lease: endsAt === undefined ? undefined : { endsAt, over: () => this.#hold.over() },
      holdsLong: this.#hold.isLong && this.progress.alone === undefined,
      gate: role === "decode" ? () => this.#hold.gate() : undefined,
    });
  }
}
