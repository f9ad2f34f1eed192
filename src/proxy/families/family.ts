import type { AloneReason, Ask } from "../body/ask.ts";
import type { JsonObject } from "../body/json.ts";
import type { Payload } from "../body/payload.ts";
import type { Role } from "../config.ts";
import type { ExpectedCall } from "../legs/callbacks.ts";
import type { Writes } from "../legs/pair-signals.ts";
import type { Slot } from "../routing/endpoint.ts";
import type { Seat } from "../routing/roster.ts";
import type { Reply } from "../upstream/upstream.ts";

/**
 * The order of the legs, and what is carried from one to the next. Resolves with the answer that the client gets, its body
 * not read yet. What surrounds a leg (headers, retry, the client's signal, giving the seat back) is not its business.
 */
export type Family = (legs: Legs) => Promise<Answer>;

/** An answer, and which slot gave it: after a retry that is another than the one that was picked. */
export interface Answer extends Reply {
  readonly from: Slot;
}

/** What the two legs of one attempt are sent, where they run at once. Both are told of the other side beforehand. */
export interface Pair {
  readonly decode: (to: Slot) => Payload;
  /** At once, or when decode has said where its blocks are. */
  readonly prefill: (to: Slot) => Payload | Promise<Payload>;
  /** Prefill has ended: well, or in a way that decode will get nothing from it. Also where it was never sent. */
  readonly over?: (prefilled: boolean) => void;
}

export interface PairTerms {
  /** When prefill begins to write into decode's memory: while it computes, or when it has finished. */
  readonly writes: Writes;
  /** Prefill is told where decode is: in an attempt its decode cannot be exchanged. */
  readonly prefillKnowsDecode: boolean;
}

export interface Legs {
  readonly body: JsonObject;
  readonly ask: Ask;
  /** Of the API, without the query. */
  readonly path: string;
  readonly numbers: { readonly lengthCapped: boolean; readonly remoteHost: boolean; readonly decodeAlone: boolean };
  /** @throws ProxyError target.none */
  pick(role: Role): Seat;
  /**
   * @param body asked for anew for every try, where it is not the same each time
   * @param fetchOnly of decode, where it is sent a ticket: the request that has it fetch the KV and no more, for a client that left before
   *   this one was sent
   */
  send(seat: Seat, body: Payload | (() => Payload), fetchOnly?: () => Payload): Promise<Answer>;
  /**
   * Both legs at once, under one id. @param make what they carry; asked once for every attempt, with the id of that attempt
   * @returns decode's answer, or what the first leg that refused the request had to say
   */
  together(make: (prefill: Slot, decode: Slot, id: string) => Pair, terms: PairTerms): Promise<Answer>;
  /** Decode is going to call the proxy back. @param engineId what its engine calls the request */
  expectCall(engineId: string): ExpectedCall;
  /** Reads prefill's answer to its end. From then on the time runs in which decode must have been sent. */
  readPrefill(answer: Answer): Promise<Buffer>;
  /** Says in the metrics and in a header that this request went to decode alone. @throws ProxyError request.not-alone */
  goesAlone(reason: AloneReason): void;
}
