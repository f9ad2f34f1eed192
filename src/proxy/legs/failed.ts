import { createHash } from "node:crypto";
import { gaveUp, ProxyError } from "../errors.ts";
import type { House } from "../house.ts";
import type { Endpoint } from "../routing/endpoint.ts";
import { UpstreamError } from "../upstream/upstream.ts";
import type { Failure } from "./retry-matrix.ts";

/** Answers that speak against an endpoint; a KV that could not be loaded may be prefill's fault, and one that is full is not ill. */
const AGAINST = /^status_5|^broken$/;

/** @param body the client's: a prompt that kills engines would speak against all of them, so the same one counts once. Source: proxy-protocols.md §3.7 */
export function countAnswer(
  { books, now }: House,
  endpoint: Endpoint,
  { failure, body }: { failure: Failure | undefined; body: Buffer },
): void {
  if (failure === undefined) {
    endpoint.circuit.count(true, now());
    return;
  }
  const cause = failure === "status_500" ? createHash("sha256").update(body).digest("base64") : undefined;
  const isAgainst = AGAINST.test(failure);
  endpoint.circuit.count(!isAgainst, now(), cause);
  if (isAgainst) endpoint.onDoubt();
  const reason = REASONS.find(([pattern]) => pattern.test(failure))?.[1];
  if (reason !== undefined) books.legErrors.add({ role: endpoint.role, target: endpoint.url, reason });
}

/** Of answers; what has none is counted where it broke. */
const REASONS = [
  [/^status_5/, "http_5xx"],
  [/^error_event$/, "bad_response"],
] as const;

function countBreak({ books, now }: House, endpoint: Endpoint, { kind, idleClosed }: UpstreamError): void {
  books.legErrors.add({ role: endpoint.role, target: endpoint.url, reason: kind === "connect" ? kind : "reset" });
  if (kind === "connect") endpoint.saw("refused");
  else if (!idleClosed) endpoint.circuit.count(false, now());
  if (!idleClosed) endpoint.onDoubt();
}

/** What to say of an answer that could not be read to its end. */
export function brokeOff(house: House, endpoint: Endpoint, error: unknown): unknown {
  if (!(error instanceof UpstreamError)) return error;
  countBreak(house, endpoint, error);
  return gaveUp(endpoint, error);
}

/** A leg that has no answer: which failure that is, and what the client is told of it if it is final. */
export function failed(
  house: House,
  endpoint: Endpoint,
  { error, tried }: { error: unknown; tried: ReadonlySet<Endpoint> },
): { failure: Failure | undefined; error: unknown } {
  if (error instanceof UpstreamError) {
    countBreak(house, endpoint, error);
    return { failure: error.idleClosed ? "idle_closed" : error.kind, error: gaveUp(endpoint, error) };
  }
  const failure = failureByTime(error, tried);
  if (failure === "timeout") {
    endpoint.circuit.count(false, house.now());
    house.books.legErrors.add({ role: endpoint.role, target: endpoint.url, reason: failure });
  }
  return { failure, error };
}

/** A time that is over. A ticket that went stale while its decodes refused the connection was never seen: prefill can make a new one. */
function failureByTime(error: unknown, tried: ReadonlySet<Endpoint>): Failure | undefined {
  if (!(error instanceof ProxyError)) return undefined;
  if (error.fault === "target.slow") return "timeout";
  if (error.fault === "handoff.slow") return "stale"; // nothing was sent
  return error.fault === "kv.expired" && tried.size > 0 ? "stale" : undefined;
}
