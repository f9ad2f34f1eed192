import type { Fault } from "../errors.ts";
import type { Endpoint } from "../routing/endpoint.ts";
import { engineGauges, type Policies } from "./engine-gauges.ts";
import { Metrics } from "./metrics.ts";
import { processMetrics } from "./process-metrics.ts";
import { Stages } from "./stages.ts";
import { withRouterNames } from "./vllm-router.ts";

/** Everything that the proxy counts, by name. Source of the names: proxy-protocols.md §3.10 */
export type Books = ReturnType<typeof openBooks>;

export interface BooksAsk {
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  readonly policies: Policies;
  /** Also under the names of another proxy. */
  readonly compat?: "vllm-router" | undefined;
}

export function openBooks(endpoints: () => readonly Endpoint[], { now, policies, compat }: BooksAsk) {
  const metrics = new Metrics();
  const counter = (name: string, help: string, ...labels: string[]) =>
    metrics.counter(`pdctl_proxy_${name}_total`, help, labels);
  const histogram = (name: string, help: string, ...labels: string[]) =>
    metrics.histogram(`pdctl_proxy_${name}_seconds`, help, labels);
  const requests = counter(
    "requests",
    "Requests that were answered, by path, status and route: pd or decode_only.",
    ...["endpoint", "code", "route"],
  );
  const decisions = counter(
    "pd_decisions",
    "Requests let in, by what was decided: prefill_decode or decode_only.",
    "decision",
  );
  const refused = counter(
    "rejected",
    `Requests that were not let in: ${[...new Set(Object.values(REASONS))].join(", ")}.`,
    "reason",
  );
  const failures = counter("failures", "Requests that the proxy ended itself after it let them in, by fault.", "fault");
  const stages = new Stages(metrics);
  engineGauges(metrics, { endpoints, now, policies });
  const stopWatching = processMetrics(metrics);
  return {
    text: () => (compat === undefined ? metrics.text() : withRouterNames(metrics.text())),
    describe: () => metrics.describe(),
    close: stopWatching,
    requests,
    stages,
    decisions,
    /** Of a request that the proxy refuses or ends itself. */
    rejected: {
      add({ fault }: { fault: Fault | "bug" }) {
        const reason = REASONS[fault];
        if (reason === undefined) failures.add({ fault });
        else refused.add({ reason });
      },
    },
    seconds: histogram("request_duration", "From the request to the end of its answer.", "endpoint", "route"),
    firstByte: histogram("ttft", "From the request to the first byte of its answer.", "route"),
    queueWait: histogram("queue_wait", "From the whole request to its place."),
    prefill: histogram("prefill_duration", "Prefill legs, until the head of their answer.", "target"),
    handoff: histogram("handoff_duration", "From prefill's answer to decode's request."),
    decodeFirst: histogram("decode_first_byte", "Decode legs, until the first byte of their answer.", "target"),
    legs: counter("upstream_requests", "Answers of engines.", "role", "target", "code"),
    legErrors: counter(
      "upstream_errors",
      "Legs that failed: connect, reset, timeout, http_5xx, bad_response.",
      ...["role", "target", "reason"],
    ),
    retries: counter("retries", "Legs that were sent again, by how the one before failed.", "role", "reason"),
    bytes: counter("relayed_bytes", "Bytes of answers relayed to clients.", "target"),
    brokenStreams: counter(
      "broken_streams",
      "Answers that broke off after their head had gone to the client.",
      "target",
    ),
    aborts: counter("aborts", "Clients that left, by the stage they left in.", "stage"),
    abortedLegs: counter("aborted_legs", "Legs that were let go because the client left.", "role", "target"),
    missingKv: counter("missing_kv_params", "Prefill answers without a ticket for their KV.", "target"),
    expiredKv: counter("kv_hold_expired", "Decode legs not sent because prefill holds its KV no longer.", "target"),
    releases: counter(
      "release_dispatches",
      "KV of clients that left, fetched by decode so that prefill lets go of it: released, refused, failed, dropped, no_target.",
      "result",
    ),
    recomputes: counter(
      "recomputes",
      "Requests that decode gave back and that were prefilled again, by that decode.",
      "target",
    ),
    split: counter(
      "split",
      "Requests of several prompts or samples that were served as a pair of legs each, by reason.",
      "reason",
    ),
    spans: counter("spans", "Spans of traces: exported, failed, or dropped as the collector was too slow.", "result"),
    alone: counter("bypass", "Requests that went to decode alone, by reason.", "reason"),
  };
}

/** Faults of requests that were not let in. */
const REASONS: Readonly<Partial<Record<Fault | "bug", string>>> = {
  "proxy.full": "queue_full",
  "proxy.slow": "queue_timeout",
  "target.none": "no_backend",
  "proxy.stopping": "draining",
  "request.invalid": "invalid",
  "request.too-large": "too_large",
  "path.unknown": "no_such_path",
  "method.refused": "method",
  "request.coding": "invalid",
  "request.version": "invalid",
  "request.not-alone": "not_alone",
  "key.wrong": "key",
  "admin.key": "admin_key",
  "admin.elsewhere": "admin_elsewhere",
};
