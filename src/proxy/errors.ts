import type { AloneReason } from "./body/ask.ts";
import type { Role } from "./config.ts";
import type { UpstreamError } from "./upstream/upstream.ts";

/** What can go wrong between a client and the engines, each with the facts that its text needs. */
export interface ProxyFaults {
  "request.invalid": { why: string };
  "request.too-large": { limit: number };
  /** A transfer coding other than chunks. */
  "request.coding": { coding: string };
  "request.version": { version: string };
  /** Decode alone would have to serve it, and this connector's decode takes its KV from prefill or answers nonsense. */
  "request.not-alone": { reason: AloneReason };
  "path.unknown": { method: string; path: string };
  "method.refused": { method: string; path: string; allow: string };
  /** The bound on concurrent requests is reached, and so is that on those that wait. */
  "proxy.full": { limit: number; queue: number };
  /** No place came free in time. */
  "proxy.slow": { seconds: number };
  "proxy.stopping": Record<string, never>;
  /** The request brings no key that lets it in. */
  "key.wrong": Record<string, never>;
  /** The admin API asks for its key, or, where none is set, for a client on the proxy's own machine. */
  "admin.key": Record<string, never>;
  "admin.elsewhere": Record<string, never>;
  /** Of the admin API: the endpoint is there already, is not there, or is not let in. */
  "instance.known": { role: Role; url: string };
  "instance.unknown": { role: Role; url: string };
  "instance.unfit": { role: Role; url: string; why: string };
  /** What the config says now needs a restart, or cannot be read. */
  "reload.restart": { keys: readonly string[] };
  "reload.invalid": { why: string };
  /** No endpoint of this role can serve. */
  "target.none": { role: Role };
  /** Nothing was sent: every endpoint that was tried refused the connection. */
  "target.unreachable": { role: Role; target: string; why: string };
  /** The endpoint took the request and did not answer it whole. */
  "target.broke": { role: Role; target: string; why: string };
  /** The endpoint took the request, and its first byte did not come in time. */
  "target.slow": { role: Role; target: string; seconds: number };
  /** The endpoint began its answer and then sent nothing for this long. */
  "target.silent": { role: Role; target: string; seconds: number };
  /** Decode gave the request back, and it could not be taken up again. */
  "decode.preempted": { target: string; why: string };
  /** Prefill finished without a ticket for its KV. */
  "kv.missing": { target: string; why: string };
  /** Prefill holds the KV no longer than this; a decode leg now could read blocks of another prompt. */
  "kv.expired": { target: string; holdSeconds: number };
  /** Nothing was sent: no decode could be asked soon enough after prefill's answer. */
  "handoff.slow": { target: string; seconds: number };
}
export type Fault = keyof ProxyFaults;

const answers: { [F in Fault]: { status: number; says: (facts: ProxyFaults[F]) => string } } = {
  "request.invalid": { status: 400, says: ({ why }) => why },
  "request.too-large": { status: 413, says: ({ limit }) => `the request body is larger than ${limit} bytes` },
  "request.coding": {
    status: 501,
    says: ({ coding }) => `Transfer-Encoding ${coding} is not read here: chunked is, and in HTTP/1.1`,
  },
  "request.version": { status: 505, says: ({ version }) => `HTTP/${version} is not spoken here: HTTP/1.1 is` },
  "request.not-alone": {
    status: 400,
    says: ({ reason }) =>
      `this cluster's connector cannot serve a request by decode alone, which this one needs (${reason})`,
  },
  "path.unknown": { status: 404, says: ({ method, path }) => `${method} ${path} is not served here` },
  "method.refused": { status: 405, says: ({ method, path, allow }) => `${path} takes ${allow}, not ${method}` },
  "proxy.full": {
    status: 429,
    says: ({ limit, queue }) => `${limit} requests are being served and ${queue} wait, which is the limit; try again`,
  },
  "proxy.slow": { status: 503, says: ({ seconds }) => `no place came free within ${seconds} s; try again` },
  "proxy.stopping": { status: 503, says: () => "the proxy is stopping" },
  "key.wrong": { status: 401, says: () => "no valid API key: send Authorization: Bearer KEY" },
  "admin.key": {
    status: 401,
    says: () => "the admin API asks for its key: Authorization: Bearer KEY, or X-API-Key: KEY",
  },
  "admin.elsewhere": {
    status: 403,
    says: () =>
      "without admin_api_key_env the admin API answers only on the proxy's own machine, and not through another proxy",
  },
  "instance.known": {
    status: 409,
    says: ({ role, url }) => `${role} ${url} is there already, or comes or goes at this moment`,
  },
  "instance.unknown": { status: 404, says: ({ role, url }) => `there is no ${role} ${url}` },
  "instance.unfit": { status: 422, says: ({ role, url, why }) => `${role} ${url} is not let in: ${why}` },
  "reload.restart": {
    status: 409,
    says: ({ keys }) => `a restart is needed for ${keys.join(", ")}; nothing was changed`,
  },
  "reload.invalid": { status: 400, says: ({ why }) => `${why}; nothing was changed` },
  "target.none": { status: 503, says: ({ role }) => `no ${role} endpoint can serve at the moment` },
  "target.unreachable": { status: 503, says: ({ role, target, why }) => `cannot reach ${role} at ${target}: ${why}` },
  "target.broke": { status: 502, says: ({ role, target, why }) => `${role} at ${target} broke off: ${why}` },
  "target.slow": {
    status: 504,
    says: ({ role, target, seconds }) => `${role} at ${target} has not begun to answer within ${seconds} s`,
  },
  "target.silent": {
    status: 504,
    says: ({ role, target, seconds }) => `${role} at ${target} has sent nothing for ${seconds} s`,
  },
  "decode.preempted": {
    status: 503,
    says: ({ target, why }) => `decode at ${target} had no room for the request any more and gave it back: ${why}`,
  },
  "kv.missing": {
    status: 502,
    says: ({ target, why }) =>
      `prefill at ${target} handed out no KV (${why}); decoding without it would hide a broken cluster`,
  },
  "handoff.slow": {
    status: 503,
    says: ({ target, seconds }) => `no decode could be asked within ${seconds} s of the answer of prefill at ${target}`,
  },
  "kv.expired": {
    status: 503,
    says: ({ target, holdSeconds }) =>
      `prefill at ${target} holds KV for ${holdSeconds} s and that time has passed before decode began to work`,
  },
};

export const statusOf = (fault: Fault): number => answers[fault].status;

/** A request that the proxy itself ends: the status and words for the client, the fault for logs and metrics. */
export class ProxyError<F extends Fault = Fault> extends Error {
  override readonly name = "ProxyError";
  readonly fault: F;
  readonly facts: ProxyFaults[F];
  readonly status: number;
  constructor(fault: F, facts: ProxyFaults[F], options?: ErrorOptions) {
    super(answers[fault].says(facts), options);
    this.fault = fault;
    this.facts = facts;
    this.status = answers[fault].status;
  }
}

/** What to tell of an endpoint that could not be reached, or took the request and did not answer it whole. */
export function gaveUp({ role, url }: { role: Role; url: string }, error: UpstreamError): ProxyError {
  const facts = { role, target: url, why: error.message };
  return new ProxyError(error.kind === "connect" ? "target.unreachable" : "target.broke", facts, { cause: error });
}

/** The shape that OpenAI clients read, as newer vLLM writes it. Source: proxy-protocols.md §3.3 R15. */
export function errorBody({
  message,
  status,
  fault,
}: {
  message: string;
  status: number;
  fault: Fault | "bug";
}): string {
  const type =
    status === 429
      ? "rate_limit_error"
      : status < 500
        ? "invalid_request_error"
        : fault === "bug"
          ? "internal_error"
          : "upstream_error";
  return JSON.stringify({ error: { message, type, param: null, code: status } });
}
