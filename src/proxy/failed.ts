import type { Endpoint } from "./endpoint.ts";
import { ProxyError } from "./errors.ts";
import type { Failure } from "./retry-matrix.ts";
import type { UpstreamError } from "./upstream.ts";

export const failureOf = ({ idleClosed, kind }: UpstreamError): Failure => (idleClosed ? "idle_closed" : kind);

/** A time that is over. A ticket that went stale while its decodes refused the connection was never seen: prefill can make a new one. */
export function failureByTime(error: unknown, tried: ReadonlySet<Endpoint>): Failure | undefined {
  if (!(error instanceof ProxyError)) return undefined;
  if (error.fault === "target.slow") return "timeout";
  return error.fault === "kv.expired" && tried.size > 0 ? "stale" : undefined;
}
