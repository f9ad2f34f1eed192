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
  readonly head: Omit<Head, "gate">;
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

/** Resolves when the answer has shown what it is: with the head, or with the first bytes of decode's stream. */
export async function sendLeg(house: House, leg: Leg): Promise<LegOutcome> {
  const { slot, body, client, holdsLong, onClose } = leg;
  const { role, url: target, upstream } = slot.endpoint;
  const started = house.now();
  const life = new LegSignal(client);
  const arrived = watch(house, leg, life);
  const onSent = () => {
    life.lingers = holdsLong && role === "decode"; // an abort that comes before its engine knows the request frees nothing
  };
  try {
    const reply = await upstream.request(gated(leg, onSent), body, life.signal);
    reply.onClose(() => {
      life.end();
      onClose();
    });
    house.books.legs.add({ role, target, code: reply.status });
    if (role === "prefill") house.books.prefill.observe({ target }, (house.now() - started) / 1000);
    const streams = role === "decode" && reply.status === 200 && isEventStream(reply.headers["content-type"]);
    const outcome = streams ? await firstOf(slot, reply, life) : { answer: from(slot, reply), failure: refusal(reply) };
    if (role === "decode") {
      arrived();
      house.books.decodeFirst.observe({ target }, (house.now() - started) / 1000);
      life.lingers = false;
      if (life.signal.aborted) throw life.signal.reason;
    } else life.lingers = holdsLong && reply.status === 200; // it has finished: what is left is its ticket
    return outcome;
  } catch (error) {
    life.end();
    throw error;
  }
}

/** @param onSent called when the connection is there and the request is written */
const gated = ({ head: { method, path, headers }, gate }: Leg, onSent: () => void): Head => ({
  method,
  path,
  headers,
  gate: () => {
    const refusal = gate?.();
    if (!refusal) onSent();
    return refusal;
  },
});

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

async function firstOf(slot: Slot, reply: Reply, life: LegSignal): Promise<LegOutcome> {
  const { reply: stream, begins } = await peek(reply);
  if (life.signal.aborted) throw life.signal.reason;
  const failure = begins === "error" ? "error_event" : begins === "broken" ? "broken" : undefined;
  return { answer: from(slot, stream), failure };
}

const from = (slot: Slot, reply: Reply): Answer => Object.assign(reply, { from: slot });
const refusal = ({ status }: Reply): Failure | undefined =>
  status === 429 || status >= 500 ? `status_${status}` : undefined;
