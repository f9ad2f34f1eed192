import type { IncomingHttpHeaders } from "node:http";

type Headers = Record<string, string | string[]>;

const HOP_BY_HOP = [
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
];

/** Set by the proxy itself, meant for it alone, or routing that a client has no say in. Source: proxy-protocols.md §3.1 R4, R6. */
const NOT_FORWARDED = new Set([
  ...HOP_BY_HOP,
  ...["host", "content-length", "content-type", "accept-encoding", "expect", "cookie"],
  ...["x-request-id", "x-data-parallel-rank", "x-prefiller-host-port"],
]);
const NOT_RETURNED = new Set([...HOP_BY_HOP, "content-length", "x-request-id", "date"]);

/** What both legs carry of the client's headers: Authorization, trace context and whatever else is not of one hop. */
export function forwarded(headers: IncomingHttpHeaders): Headers {
  return without(headers, NOT_FORWARDED);
}

/** What the client gets of the engine's headers. */
export function returned(headers: IncomingHttpHeaders): Headers {
  return without(headers, NOT_RETURNED);
}

function without(headers: IncomingHttpHeaders, dropped: ReadonlySet<string>): Headers {
  const named = headers.connection === undefined ? NONE : headers.connection.toLowerCase().split(/\s*,\s*/);
  const left: Headers = {};
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || dropped.has(name) || name.startsWith("x-pdctl-") || named.includes(name)) continue;
    left[name] = value;
  }
  return left;
}

const NONE: readonly string[] = [];
