import type { Payload } from "../body/payload.ts";
import { ProxyError } from "../errors.ts";
import type { Answer } from "../families/family.ts";
import { isEventStream } from "../front/reply.ts";
import type { House } from "../house.ts";
import type { Slot } from "../routing/endpoint.ts";
import type { Signal } from "../signal.ts";
import type { Head, Reply } from "../upstream/upstream.ts";
import { watchLease } from "./lease-watch.ts";
import { LegSignal } from "./leg-signal.ts";
import { peek } from "./peek.ts";
import type { Failure } from "./retry-matrix.ts";

/** One request to one slot, and what it must not outlive. */
export interface Leg {
  readonly slot: Slot;
  readonly path: string;
  readonly headers: Head["headers"];
  /** Asked when the connection is there and nothing has been written; an error stops the leg. */
  readonly gate: Head["gate"] | undefined;
  readonly body: Payload;
  readonly client: Signal;
  /** Of decode: until when prefill holds its KV, by the house's clock, ms. */
  readonly lease: { readonly endsAt: number; readonly over: () => Error } | undefined;
  /** Prefill holds its KV so long that a client that leaves should not leave it behind. Source: proxy-protocols.md §3.5. */
  readonly holdsLong: boolean;
  /** Until its first byte, where that is another time than the role's. */
  readonly firstByteSeconds: number | undefined;
  /** The answer was read, broke or was dropped. */
  readonly onClose: () => void;
}

/** An answer, and what kind of failure it is where it is one. */
export interface LegOutcome {
  readonly answer: Answer;
  readonly failure: Failure | undefined;
}

/** One leg on its way: what is asked, and what its answer shows it to be. */
class LegRun implements Head {
  readonly method = "POST";
  readonly path: string;
  readonly headers: Head["headers"];
  readonly #house: House;
  readonly #leg: Leg;
  readonly #life: LegSignal;
  readonly #started: number;
  /** Takes back the times that it has until its first byte. */
  readonly #arrived: () => void;

  constructor(house: House, leg: Leg) {
    this.#house = house;
    this.#leg = leg;
    this.path = leg.path;
    this.headers = leg.headers;
    this.#started = house.now();
    this.#life = new LegSignal(leg.client);
    this.#arrived = watch(house, leg, this.#life);
  }

  /** The connection is there. */
  gate(): Error | undefined {
    const { gate, holdsLong, slot } = this.#leg;
    const refusal = gate?.();
    // an abort that comes before its engine knows the request frees nothing
    if (!refusal) this.#life.lingers = holdsLong && slot.endpoint.role === "decode";
    return refusal;
  }

  async run(): Promise<LegOutcome> {
    const { slot, body } = this.#leg;
    try {
      const reply = await slot.endpoint.upstream.request(this, body, this.#life);
      reply.onClose(() => this.#closed());
      this.#count(reply);
      if (slot.endpoint.role === "prefill") return this.#prefilled(reply);
      const streams = reply.status === 200 && isEventStream(reply.headers["content-type"]);
      const first = streams ? await firstOf(slot, reply, this.#life) : undefined;
      this.#decodes();
      return first ?? { answer: from(slot, reply), failure: refusal(reply) };
    } catch (error) {
      this.#life.end();
      throw error;
    }
  }

  #closed(): void {
    this.#life.end();
    this.#leg.onClose();
  }

  #prefilled(reply: Reply): LegOutcome {
    const { slot, holdsLong } = this.#leg;
    this.#house.books.prefill.observe({ target: slot.endpoint.url }, this.#seconds);
    this.#life.lingers = holdsLong && reply.status === 200; // it has finished: what is left is its ticket
    return { answer: from(slot, reply), failure: refusal(reply) };
  }

  /** Its first byte has come. */
  #decodes(): void {
    this.#arrived();
    this.#house.books.decodeFirst.observe({ target: this.#leg.slot.endpoint.url }, this.#seconds);
    this.#life.lingers = false;
    if (this.#life.aborted) throw this.#life.reason;
  }

  #count({ status }: Reply): void {
    const { role, url: target } = this.#leg.slot.endpoint;
    this.#house.books.legs.add({ role, target, code: status });
  }

  get #seconds(): number {
    return (this.#house.now() - this.#started) / 1000;
  }
}

/** Resolves when the answer has shown what it is: with the head, or with the first bytes of decode's stream. */
export const sendLeg = (house: House, leg: Leg): Promise<LegOutcome> => new LegRun(house, leg).run();

/** The times that a leg has until its first byte. @returns takes them back */
function watch(house: House, { slot: { endpoint }, lease, firstByteSeconds }: Leg, life: LegSignal): () => void {
  const { role, url: target } = endpoint;
  const seconds = firstByteSeconds ?? house.firstByteSeconds[role];
  const stop = life.after(seconds * 1000, () => new ProxyError("target.slow", { role, target, seconds }));
  if (!lease) return stop;
  const { endsAt, over } = lease;
  const forget = watchLease(life, endpoint, { endsAt, over, sentAt: house.now() });
  return () => {
    stop();
    forget();
  };
}

async function firstOf(slot: Slot, reply: Reply, life: Signal): Promise<LegOutcome> {
  const { reply: stream, begins } = await peek(reply);
  if (life.aborted) throw life.reason;
  const failure = begins === "error" ? "error_event" : begins === "broken" ? "broken" : undefined;
  return { answer: from(slot, stream), failure };
}

const from = (slot: Slot, reply: Reply): Answer => Object.assign(reply, { from: slot });
const refusal = ({ status }: Reply): Failure | undefined =>
  status === 429 || status >= 500 ? `status_${status}` : undefined;
