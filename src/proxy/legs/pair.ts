import type { Pair, PairTerms } from "../families/family.ts";
import type { Call } from "../front/call.ts";
import type { House } from "../house.ts";
import type { Endpoint, Slot } from "../routing/endpoint.ts";
import type { Seat } from "../routing/roster.ts";
import type { Signal } from "../signal.ts";
import { brokeOff } from "./failed.ts";
import type { Hold } from "./hold.ts";
import { OtherLegEnded, PairSignals } from "./pair-signals.ts";
import type { Progress } from "./progress.ts";
import type { Seats } from "./seats.ts";
import type { SecondChances } from "./second-chances.ts";
import type { Outcome, Sender } from "./sender.ts";

/** What the legs of one request share. */
export interface Means {
  readonly house: House;
  readonly call: Call;
  readonly seats: Seats;
  readonly chances: SecondChances;
  readonly sender: Sender;
  readonly hold: Hold;
  readonly progress: Progress;
  /** Takes what the client is told of prefill's answer. */
  readonly note: (answer: Buffer) => void;
}

/** Endpoints that the legs of a request have tried, over all its attempts. */
export type Tried = Readonly<Record<"prefill" | "decode", Set<Endpoint>>>;

const DONE = "done"; // prefill has answered well; decode's answer is the client's

/**
 * One attempt of two legs that run at once: the first of them to fail, or to refuse the request, ends the other; decode's good answer does not.
 * Source: proxy-protocols.md §3.5, §E.1; SGLang #29017.
 */
export class PairAttempt {
  readonly #means: Means;
  readonly #terms: PairTerms;
  readonly #tried: Tried;
  readonly #signals: PairSignals;
  #isOver = false;

  constructor(means: Means, terms: PairTerms, tried: Tried) {
    this.#means = means;
    this.#terms = terms;
    this.#tried = tried;
    this.#signals = new PairSignals(means.call.signal, terms.writes);
  }

  /** @param tail takes prefill that goes on after the client has its answer, or has left */
  async run(make: (prefill: Slot, decode: Slot) => Pair, tail: (work: Promise<unknown>) => void): Promise<Outcome> {
    const { seats, chances } = this.#means;
    const [p, d] = [seats.first("prefill", chances.avoid), seats.first("decode", chances.avoid)];
    const pair = make(p.slot, d.slot);
    const [prefill, decode] = [this.#prefill(p, pair), this.#decode(d, pair)];
    const first = await Promise.race([decode, prefill.then((end) => (end === DONE ? decode : end))]);
    this.#isOver = true;
    if (first.seat === p) this.#endDecode(decode);
    else this.#endPrefill(first);
    seats.leave(p); // its leg gives it back, now or later
    tail(prefill);
    return first;
  }

  #endDecode(decode: Promise<Outcome>): void {
    this.#signals.cutDecode(new OtherLegEnded());
    void decode.then(({ result }) => "answer" in result && result.answer.drop());
  }

  #endPrefill({ failure, result }: Outcome): void {
    const status = "answer" in result ? result.answer.status : undefined;
    if (status === 200 && failure === undefined) {
      this.#signals.decodeAnswered();
      this.#means.hold.taken();
      return;
    }
    const refused = failure === "connect" || (status !== undefined && status < 500 && status !== 200);
    this.#signals.cutPrefill(new OtherLegEnded(), { decodeHasIt: !refused });
  }

  async #prefill(seat: Seat, pair: Pair): Promise<Outcome | typeof DONE> {
    const { hold, progress, call } = this.#means;
    const outcome = await this.#sendPrefill(seat, pair);
    const end = await this.#read(outcome);
    if (end === DONE && !this.#isOver) {
      hold.begins(seat.slot, call.ask.promptTokens);
      progress.stage = "decode_wait";
    }
    pair.over?.(end === DONE);
    return end;
  }

  async #sendPrefill(seat: Seat, pair: Pair): Promise<Outcome> {
    const { sender, hold, progress } = this.#means;
    const signal = this.#signals.prefill;
    progress.prefill = seat.slot;
    const body = await unlessAborted(pair.prefill(seat.slot), signal);
    if (body === undefined) {
      seat.release();
      return { seat, failure: undefined, result: { error: signal.reason } };
    }
    hold.prefillLeaves();
    const gate = () => void this.#signals.prefillSent();
    const leg = { body, gate, tried: this.#tried.prefill, client: signal, lease: undefined, holdsLong: false };
    return await sender.send({ ...leg, seat });
  }

  /** Prefill's words are nobody's, where they are not a refusal: they are read so that its connection can go on. */
  async #read(outcome: Outcome): Promise<Outcome | typeof DONE> {
    const { seat, result } = outcome;
    if (!("answer" in result) || result.answer.status !== 200) return outcome;
    this.#signals.prefillDone(); // engines answer when they have finished
    try {
      this.#means.note(await result.answer.bytes());
      return DONE;
    } catch (error) {
      return { seat, failure: undefined, result: { error: brokeOff(this.#means.house, seat.slot.endpoint, error) } };
    }
  }

  /** A decode that cannot be reached has seen nothing: another one may take its place, unless prefill was told of the first. */
  async #decode(first: Seat, pair: Pair): Promise<Outcome> {
    const { sender, chances, seats, progress, house } = this.#means;
    const tried = this.#tried.decode;
    const { prefill, decode } = house.firstByteSeconds;
    for (let seat = first; ; ) {
      const { slot } = seat;
      progress.decode = slot;
      const leg = { body: pair.decode(slot), tried, client: this.#signals.decode, lease: undefined, holdsLong: false };
      const outcome = await sender.send({ ...leg, seat, firstByteSeconds: prefill + decode });
      if (outcome.failure !== "connect" || this.#terms.prefillKnowsDecode) return outcome;
      const { endpoint } = slot;
      tried.add(endpoint);
      const chance = chances.take({ endpoint, failure: "connect", tried, later: undefined });
      const next = chance && seats.other("decode", tried);
      if (!next) return { ...outcome, failure: undefined };
      seat = next;
    }
  }
}

/** @returns undefined when the signal was first */
async function unlessAborted<T>(value: T | Promise<T>, signal: Signal): Promise<T | undefined> {
  if (!(value instanceof Promise)) return value;
  if (signal.aborted) return undefined;
  let stop = () => {};
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([value, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
