import { endpointUrl, flag, oneOf, share } from "./check.ts";
import type { Settings } from "./setting.ts";

/** What it tells. Source: proxy-protocols.md §3.0 */
export const ofLooking = {
  request_log: {
    topic: "looking",
    check: flag,
    says: "One JSON line for every completion, without a word of its prompt.",
    unset: "only failures have a line",
    flags: ["request-log"],
  },
  trace_endpoint: {
    topic: "looking",
    check: endpointUrl,
    says: "Where spans go, one per request and one per leg: a collector that takes OTLP over HTTP.",
    unset: "OTEL_EXPORTER_OTLP_ENDPOINT, if that is set; else no spans",
    flags: ["trace-endpoint"],
    takes: "URL",
  },
  trace_share: {
    topic: "looking",
    check: share,
    says: "How many of the requests that bring no trace of their own are recorded; 0 to 1.",
    flags: ["trace-share"],
    takes: "N",
  },
  metrics_compat: {
    topic: "looking",
    check: oneOf("vllm-router"),
    says: "/metrics also has the names under which vllm-router's dashboards look for its PD mode.",
    unset: "its own names alone",
    flags: ["metrics-compat"],
    takes: "vllm-router",
  },
} satisfies Partial<Settings>;
