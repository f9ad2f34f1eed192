import type { Endpoint } from "./endpoint.ts";

export interface Lease {
  /** By the house's clock, ms: when decode was sent its ticket, and when prefill may let the KV go. */
  readonly sentAt: number;
  readonly endsAt: number;
  readonly now: () => number;
  readonly over: () => Error;
}

/**
 * Lets go of a decode leg at the end of prefill's lease, unless decode has shown that it reads what it is sent: a health probe that was
 * sent after the leg was answered. Such an engine renews the lease itself; one that hangs now and goes on later would read KV that
 * prefill has given to another prompt, and answer 200. Source: proxy-protocols.md §G.4.
 */
export function watchLease(
  endpoint: Endpoint,
  { sentAt, endsAt, now, over }: Lease,
): { signal: AbortSignal; stop: () => void } {
  const letGo = new AbortController();
  const look = () => {
    if (endpoint.wellSince <= sentAt) letGo.abort(over());
  };
  const timer = setTimeout(look, Math.max(0, endsAt - now()));
  return { signal: letGo.signal, stop: () => clearTimeout(timer) };
}
