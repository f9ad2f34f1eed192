import type { ProxyError } from "../errors.ts";
import type { CallLegs } from "../legs/legs.ts";
import { slotName } from "../routing/endpoint.ts";
import type { Attributes } from "../trace/span.ts";

/** How a request ended, as the client saw it. */
export interface Outcome {
  /** Of the answer's head; none when the client left before it. */
  status?: number;
  /** Of the answer, relayed. */
  bytes: number;
  queueMs?: number;
  firstByteMs?: number;
  /** Pairs of legs that it was split into; none: it was one. */
  pairs?: number;
  /** The stage in which the client left. */
  left?: string;
  /** What the proxy itself ended it with. */
  fault?: string;
}

/** What is told of one request: where it went and how long it took, never what it said. Source: proxy-protocols.md §3.11. */
export function requestLine(id: string, path: string, totalMs: number, outcome: Outcome, legs: CallLegs | undefined) {
  const { prefill, decode, alone, prefillMs, handoffMs } = legs?.progress ?? {};
  const ms = (value: number | undefined) => (value === undefined ? undefined : Math.round(value * 10) / 10);
  return {
    request: id,
    path,
    route: alone === undefined ? "pd" : "decode_only",
    alone,
    prefill: prefill && slotName(prefill),
    decode: decode && slotName(decode),
    prompt_tokens_estimate: legs?.ask.promptTokens,
    status: outcome.status,
    bytes: outcome.bytes,
    queue_ms: ms(outcome.queueMs),
    prefill_ms: ms(prefillMs),
    handoff_ms: ms(handoffMs),
    first_byte_ms: ms(outcome.firstByteMs),
    total_ms: ms(totalMs),
    pairs: outcome.pairs,
    retries: legs?.retries ?? 0,
    left: outcome.left,
    fault: outcome.fault,
  };
}

export type RequestLine = ReturnType<typeof requestLine>;

/** The same for the span of a request. Source of the first three names: OpenTelemetry, HTTP semantic conventions */
export function attributesOf({ status, path, request, ...line }: RequestLine): Attributes {
  const own = Object.entries(line).map(([key, value]) => [`pdctl.${key}`, value]);
  return {
    ...{ "http.request.method": "POST", "url.path": path, "http.response.status_code": status },
    ...{ "pdctl.request": request, ...Object.fromEntries(own) },
  };
}

/** Of a request that was not let in: none of it was read. */
export const refusedLine = (path: string, { status, fault }: ProxyError) => ({ path, status, bytes: 0, fault });
