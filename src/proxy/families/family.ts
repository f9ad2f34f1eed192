import type { AloneReason, Ask } from "../body/ask.ts";
import type { JsonObject } from "../body/json.ts";
import type { Role } from "../config.ts";
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

export interface Legs {
  readonly body: JsonObject;
  readonly ask: Ask;
  readonly numbers: { readonly lengthCapped: boolean; readonly remoteHost: boolean };
  /** @throws ProxyError target.none */
  pick(role: Role): Seat;
  /**
   * @param fetchOnly of decode, where it is sent a ticket: the request that has it fetch the KV and no more, for a client that left before
   *   this one was sent
   */
  send(seat: Seat, body: Buffer, fetchOnly?: () => Buffer): Promise<Answer>;
  /** Reads prefill's answer to its end. From then on the time runs in which decode must have been sent. */
  readPrefill(answer: Answer): Promise<Buffer>;
  /** Says in the metrics and in a header that this request went to decode alone. */
  goesAlone(reason: AloneReason): void;
}
