import type { Books } from "./books/books.ts";
import type { Role } from "./config.ts";
import type { Callbacks } from "./legs/callbacks.ts";
import type { Releases } from "./legs/releases.ts";
import type { RetryBudget } from "./legs/retry-budget.ts";
import type { Roster } from "./routing/roster.ts";

/** What all requests share. */
export interface House {
  readonly rosters: Readonly<Record<Role, Roster>>;
  readonly books: Books;
  readonly lengthCapped: boolean;
  /** Tickets name the host under which prefill was reached, whatever it says of itself. */
  readonly remoteHost: boolean;
  /** A prefill that answers 500 gives way to another, though the prompt may be what ails it. */
  readonly repeatsPrefill500: boolean;
  /** Decode may serve a request that prefill never saw. */
  readonly decodeAlone: boolean;
  /** Engines pair the legs by their id: it is made new for every request, also where its client uses one again. */
  readonly marksIds: boolean;
  readonly callbacks: Callbacks;
  readonly holdSeconds: number | undefined;
  /** From prefill's answer to decode's request. */
  readonly handoffSeconds: number | undefined;
  /** What the engines' answers are changed in on their way to the client. */
  readonly rewrites: { readonly cachedTokens: boolean };
  readonly retries: RetryBudget;
  /** Of prefill: tries after the first of a leg; of decode: times that both legs start over. */
  readonly retriesMost: Readonly<Record<Role, number>>;
  readonly releases: Releases;
  /** 0…1, for the jitter of waits. */
  readonly chance: () => number;
  /** How long an engine may take to its first byte, by role, seconds. */
  readonly firstByteSeconds: Readonly<Record<Role, number>>;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  /** The earliest time, by that clock, at which something may have come that is read now. */
  readonly earliest: () => number;
}
