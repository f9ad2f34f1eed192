import type { Role } from "../config.ts";

/** How one leg failed, before a byte of an answer went to the client. */
export type Failure =
  | "connect"
  /** The connection had been idle, and its engine closed it as the request came. */
  | "idle_closed"
  /** The request was taken, and the connection ended before the head of an answer. */
  | "silent"
  | "broken"
  | "timeout"
  /** Decode's stream began with an error: it could not load the KV. */
  | "error_event"
  /** Prefill finished without a ticket, and the config says to ask again. */
  | "no_kv"
  /** The ticket was too old when it could have been sent, after other decodes had refused the connection. */
  | "stale"
  | `status_${number}`;

/**
 * What may be tried next. `other`: the same leg at another endpoint. `restart`: both legs from the start, with a new id, as decode may have read
 * or freed the KV already.
 */
export interface Remedy {
  readonly next: "other" | "restart";
  /** Failures of this kind after which one request still goes on. */
  readonly most: number;
  /** It made an engine work: it counts against the budget of all requests. */
  readonly costs: boolean;
  /**
   * Where there is no other endpoint the same one may be asked. Prefill writes nothing but its own cache, and what its first try may still hold under the
   * id before ends by the abort that the broken connection is, or by its time limit.
   */
  readonly orSame?: true;
}

const free = (most: number): Remedy => ({ next: "other", most, costs: false });
const other = (most: number): Remedy => ({ next: "other", most, costs: true });
const restart: Remedy = { next: "restart", most: 1, costs: true };

/** What is not here is final: a client's error, a prefill that answers 500 (a prompt that kills engines would kill them all), half an answer. */
export const matrix: Readonly<Record<Role, Readonly<Partial<Record<Failure, Remedy>>>>> = {
  prefill: {
    connect: free(2),
    idle_closed: free(1),
    silent: { ...other(1), orSame: true },
    timeout: other(1), // it works still: the same engine would do it twice
    status_429: other(2),
    status_502: other(2),
    status_503: other(2),
    status_504: other(2),
    no_kv: restart,
  },
  decode: {
    connect: free(Number.POSITIVE_INFINITY), // nobody has seen the ticket: it is good for every decode
    idle_closed: restart,
    silent: restart,
    broken: restart, // a stream's head came and nothing else
    error_event: restart,
    stale: restart,
    status_500: restart,
    status_502: restart,
    status_503: restart,
    status_504: restart,
  },
};

/** @param repeats500 the config says that prefill's 500 goes to another after all Source: proxy-protocols.md §3.6, §2.4 L11. */
export const remedyFor = (role: Role, failure: Failure, repeats500: boolean): Remedy | undefined =>
  role === "prefill" && failure === "status_500" && repeats500 ? other(1) : matrix[role][failure];

const BACK_OFF_MS = 50;
const GROWTH = 1.5;
const JITTER = 0.2;

/** @param chance 0…1 @returns how long to wait before the next try, ms */
export const backOff = (retries: number, chance: number): number =>
  BACK_OFF_MS * GROWTH ** retries * (1 + JITTER * (2 * chance - 1));

const RETRY_AFTER_MOST_S = 1;

/** When the same endpoint may be asked again, ms, where it says so itself and it is soon. */
export function retryAfterMs(header: string | string[] | undefined): number | undefined {
  const seconds = typeof header === "string" && /^\d+(\.\d+)?$/.test(header) ? Number(header) : Number.NaN;
  return seconds <= RETRY_AFTER_MOST_S ? seconds * 1000 : undefined;
}
