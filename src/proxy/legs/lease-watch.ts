import type { Endpoint } from "../routing/endpoint.ts";
import type { LegSignal } from "./leg-signal.ts";

export interface Lease {
  /** By the house's clock, ms: when decode was sent its ticket, and when prefill may let the KV go. */
  readonly sentAt: number;
  readonly endsAt: number;
  readonly over: () => Error;
}

/**
 * Lets go of a decode leg at the end of prefill's lease, unless decode has shown that it reads what it is sent: a health probe that was
 * sent after the leg was answered. Such an engine renews the lease itself; one that hangs now and goes on later would read KV that
 * prefill has given to another prompt, and answer 200. Source: proxy-protocols.md §G.4.
 */
export function watchLease(leg: LegSignal, endpoint: Endpoint, { sentAt, endsAt, over }: Lease): () => void {
  return leg.after(Math.max(0, endsAt - sentAt), () => (endpoint.wellSince <= sentAt ? over() : undefined));
}
