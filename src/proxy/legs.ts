import type { AloneReason, Ask } from "./ask.ts";
import type { Books } from "./books.ts";
import type { Role } from "./config.ts";
import { type Endpoint, type Slot, slotName } from "./endpoint.ts";
import { gaveUp, ProxyError } from "./errors.ts";
import type { Answer, Legs } from "./families/family.ts";
import type { JsonObject } from "./json.ts";
import { watchLease } from "./lease-watch.ts";
import type { Roster, Seat } from "./roster.ts";
import { type Reply, UpstreamError } from "./upstream.ts";

/** What all requests share. */
export interface House {
  readonly rosters: Readonly<Record<Role, Roster>>;
  readonly books: Books;
  readonly lengthCapped: boolean;
  readonly holdSeconds: number | undefined;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  /** The earliest time, by that clock, at which something may have come that is read now. */
  readonly earliest: () => number;
}

/** What one request brings. */
export interface Call {
  readonly id: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: JsonObject;
  readonly ask: Ask;
  readonly signal: AbortSignal;
}

/** Where a request stands: for the metrics when its client leaves, and for the headers of its answer. */
export interface Progress {
  stage: "prefill" | "handoff" | "decode_wait" | "decode";
  prefill?: Slot;
  decode?: Slot;
  alone?: AloneReason;
  /** From the prefill leg's first byte out to its last byte in. */
  prefillMs?: number;
}

const PREFILL_RETRIES = 2;

/** The legs of one request: all that families do goes through here. Every seat is given back, at the latest by `release`. */
export class CallLegs implements Legs {
  readonly body: JsonObject;
  readonly ask: Ask;
  readonly numbers: { readonly lengthCapped: boolean };
  readonly progress: Progress = { stage: "prefill" };
  readonly #house: House;
  readonly #call: Call;
  readonly #seats: Seat[] = [];
  #attempt = 0;
  #prefillAnswered: number | undefined;
  #prefillSent = 0;

  constructor(house: House, call: Call) {
    this.#house = house;
    this.#call = call;
    this.body = call.body;
    this.ask = call.ask;
    this.numbers = { lengthCapped: house.lengthCapped };
  }

  pick(role: Role): Seat {
    return this.#pick(role, NONE) ?? fail(new ProxyError("target.none", { role }));
  }

  async send(first: Seat, body: Buffer): Promise<Answer> {
    const { role } = first.slot.endpoint;
    const tried = new Set<Endpoint>();
    for (let seat = first, retries = 0; ; retries++) {
      try {
        return await this.#dispatch(seat, body);
      } catch (error) {
        seat.release();
        if (!(error instanceof UpstreamError)) throw error;
        const next = this.#afterFailure(seat.slot, error, { tried, retries });
        if (!next) throw gaveUp(seat.slot.endpoint, error);
        this.#house.books.retries.add({ role, reason: error.kind });
        seat = next;
      }
    }
  }

  async readPrefill(answer: Answer): Promise<Buffer> {
    try {
      const bytes = await answer.bytes();
      this.#prefillAnswered = Math.max(this.#prefillSent, this.#house.earliest());
      this.progress.prefillMs = this.#house.now() - this.#prefillSent;
      this.progress.stage = "handoff";
      return bytes;
    } catch (error) {
      throw this.broke(answer, error);
    }
  }

  /** What to say of an answer that could not be read to its end. */
  broke({ from }: Answer, error: unknown): unknown {
    if (!(error instanceof UpstreamError)) return error;
    this.#countError(from, error);
    return gaveUp(from.endpoint, error);
  }

  goesAlone(reason: AloneReason): void {
    this.progress.alone = reason;
    this.#house.books.alone.add({ reason });
  }

  /** Starts over with a new id: what prefill holds for the old one is left to its own time limit. */
  again(): void {
    this.#attempt++;
    this.#prefillAnswered = undefined;
    this.progress.stage = "prefill";
  }

  release(): void {
    for (const seat of this.#seats) seat.release();
  }

  async #dispatch(seat: Seat, body: Buffer): Promise<Answer> {
    const { slot } = seat;
    const { role, url, slots, upstream } = slot.endpoint;
    this.progress[role] = slot;
    if (role === "decode") this.progress.stage = "decode_wait";
    const started = this.#house.now();
    if (role === "prefill") this.#prefillSent = started;
    const watch = role === "decode" ? this.#watchLease(slot.endpoint) : undefined;
    const reply = await upstream
      .request(
        {
          method: "POST",
          path: this.#call.path,
          headers: {
            ...this.#call.headers,
            "content-type": "application/json",
            "x-request-id": this.#attempt === 0 ? this.#call.id : `${this.#call.id}-r${this.#attempt}`,
            ...(slots.length > 1 && { "x-data-parallel-rank": String(slot.index) }),
          },
          ...(role === "decode" && { gate: () => this.#expired() }),
        },
        body,
        watch === undefined ? this.#call.signal : AbortSignal.any([this.#call.signal, watch.signal]),
      )
      .finally(watch?.stop);
    this.#house.books.legs.add({ role, target: url, code: reply.status });
    if (role === "prefill") this.#house.books.prefill.observe({ target: url }, (this.#house.now() - started) / 1000);
    reply.onClose(() => seat.release());
    return answerFrom(slot, reply);
  }

  /** Decode on KV that prefill may have given to another prompt would answer 200 with nonsense. Source: proxy-protocols.md §G.4. */
  #expired(): ProxyError | undefined {
    const endsAt = this.#leaseEnd();
    return endsAt === undefined || this.#house.now() < endsAt ? undefined : this.#over();
  }

  #watchLease(endpoint: Endpoint): ReturnType<typeof watchLease> | undefined {
    const endsAt = this.#leaseEnd();
    const { now } = this.#house;
    return endsAt === undefined
      ? undefined
      : watchLease(endpoint, { sentAt: now(), endsAt, now, over: () => this.#over() });
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

  /**
   * A seat for another try where that is safe: nothing was sent, or prefill's idle connection was closed under the request.
   * Decode keeps its id, as no engine has seen it; prefill takes a new one. Source: proxy-protocols.md §3.6.
   */
  #afterFailure(
    slot: Slot,
    error: UpstreamError,
    { tried, retries }: { tried: Set<Endpoint>; retries: number },
  ): Seat | undefined {
    const { role } = slot.endpoint;
    this.#countError(slot, error);
    if (error.kind === "connect") {
      slot.endpoint.saw("refused");
      tried.add(slot.endpoint);
    }
    const idleClosed = error.idleClosed && role === "prefill" && retries === 0;
    if (error.kind !== "connect" && !idleClosed) return undefined;
    if (role === "prefill") {
      if (retries >= PREFILL_RETRIES) return undefined;
      this.#attempt++;
    }
    return this.#pick(role, tried);
  }

  #countError({ endpoint: { role, url } }: Slot, { kind }: UpstreamError): void {
    this.#house.books.legErrors.add({ role, target: url, reason: kind });
  }

  #pick(role: Role, except: ReadonlySet<Endpoint>): Seat | undefined {
    const seat = this.#house.rosters[role].pick(
      role === "prefill" ? this.ask.promptTokens : this.ask.decodeTokens,
      except,
    );
    if (seat) this.#seats.push(seat);
    return seat;
  }
}

const NONE: ReadonlySet<Endpoint> = new Set();
const answerFrom = (from: Slot, reply: Reply): Answer => Object.assign(reply, { from });
const fail = (error: Error): never => {
  throw error;
};

/** Decode's idle connection was closed under the request: it may have taken the ticket, so only a new prefill is safe. */
export const wasIdleClosed = (error: unknown) =>
  error instanceof ProxyError && error.cause instanceof UpstreamError && error.cause.idleClosed;

export const progressHeaders = ({ prefill, decode, alone, prefillMs }: Progress): Record<string, string> => ({
  ...(prefill && { "x-pdctl-prefill": slotName(prefill) }),
  ...(decode && { "x-pdctl-decode": slotName(decode) }),
  ...(alone && { "x-pdctl-alone": alone }),
  ...(prefillMs !== undefined && { "server-timing": `prefill;dur=${prefillMs.toFixed(1)}` }),
});
