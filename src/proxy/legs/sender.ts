import type { Payload } from "../body/payload.ts";
import type { Answer } from "../families/family.ts";
import type { Call } from "../front/call.ts";
import type { House } from "../house.ts";
import type { Endpoint, Slot } from "../routing/endpoint.ts";
import type { Seat } from "../routing/roster.ts";
import type { LegTrace } from "../trace/index.ts";
import { countAnswer, failed } from "./failed.ts";
import { type Leg, sendLeg } from "./leg.ts";
import type { Failure } from "./retry-matrix.ts";

/** What came of one leg: an answer or an error, and, where it counts as a failure, which one. */
export interface Outcome {
  readonly seat: Seat;
  readonly failure: Failure | undefined;
  readonly result: { readonly answer: Answer } | { readonly error: unknown };
}

/** One leg of a request: where it goes, and what bounds it. */
export interface OneLeg extends Pick<Leg, "client" | "lease" | "holdsLong"> {
  readonly seat: Seat;
  readonly body: Payload;
  /** Endpoints that have been tried with it. */
  readonly tried: ReadonlySet<Endpoint>;
  readonly gate?: Leg["gate"] | undefined;
  readonly firstByteSeconds?: number;
}

type Headers = Record<string, string | string[]>;

/** Sends the legs of one request under the id of its present attempt; all legs of an attempt have the same. Source: proxy-protocols.md §3.1 R7. */
export class Sender {
  readonly #house: House;
  readonly #call: Call;
  /** Set apart from all that its client ever used: where engines pair the legs by their id. */
  readonly #mark: string;
  #attempt = 0;

  constructor(house: House, call: Call, mark = "") {
    this.#house = house;
    this.#call = call;
    this.#mark = mark;
  }

  get id(): string {
    const base = `${this.#call.id}${this.#mark}`;
    return this.#attempt === 0 ? base : `${base}-r${this.#attempt}`;
  }

  /** From now on under another id: engines know the one before. */
  nextAttempt(): void {
    this.#attempt++;
  }

  get headers(): Headers {
    return { ...this.#call.headers, "content-type": "application/json", "x-request-id": this.id };
  }

  /** Resolves also where it fails; its seat is given back when the answer has ended. */
  async send(leg: OneLeg): Promise<Outcome> {
    const { seat, tried, gate, body, client, lease, holdsLong, firstByteSeconds } = leg;
    const { slot } = seat;
    const { endpoint } = slot;
    const trace = this.#call.trace?.leg(slot);
    let [status, isClosed]: [number | undefined, boolean] = [undefined, false];
    const spanEnds = () => {
      if (isClosed && status !== undefined) trace?.end({ status }); // a short answer is over before it is handed on
    };
    const onClose = () => {
      seat.release();
      isClosed = true;
      spanEnds();
    };
    try {
      const { answer, failure } = await sendLeg(this.#house, {
        slot,
        path: this.#call.path,
        headers: this.#headersFor(slot, trace),
        gate,
        body,
        client,
        lease,
        holdsLong,
        firstByteSeconds,
        onClose,
      });
      status = answer.status;
      spanEnds();
      countAnswer(this.#house, endpoint, { failure, body: this.#call.body.bytes });
      return { seat, failure, result: { answer } };
    } catch (reason) {
      seat.release();
      trace?.end({ error: reason instanceof Error ? reason.message : String(reason) });
      const { failure, error } = failed(this.#house, endpoint, { error: reason, tried });
      return { seat, failure, result: { error } };
    }
  }

  #headersFor({ endpoint: { slots }, index }: Slot, trace: LegTrace | undefined): Headers {
    const headers = this.headers;
    if (trace) headers["traceparent"] = trace.traceparent;
    if (slots.length > 1) headers["x-data-parallel-rank"] = String(index);
    return headers;
  }
}
