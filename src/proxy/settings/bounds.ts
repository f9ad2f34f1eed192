import { atLeastNone, atLeastOne, noneOrOne, seconds } from "./check.ts";
import type { Settings } from "./setting.ts";

/** How much at once, how long, and how often again. Source: proxy-protocols.md §3.0 */
export const ofBounds = {
  max_concurrent: {
    topic: "limits",
    check: atLeastOne,
    says: "Requests that engines work for at once; beyond it they wait, before their prefill.",
    flags: ["max-concurrent-requests", "max-concurrent"],
    takes: "N",
  },
  queue_size: {
    topic: "limits",
    check: atLeastNone,
    says: "Requests that may wait for a place; beyond it clients get 429.",
    flags: ["queue-size"],
    takes: "N",
  },
  queue_timeout_seconds: {
    topic: "limits",
    check: seconds,
    says: "How long a request may wait for a place; after it its client gets 503.",
    flags: ["queue-timeout", "queue-timeout-secs"],
    takes: "SECONDS",
  },
  max_prefill_per_endpoint: {
    topic: "limits",
    check: atLeastOne,
    says: "Prefill legs at once at one endpoint; others wait.",
    unset: "as many as come",
    flags: ["max-prefill-per-endpoint", "max-prefill-per-instance"],
    takes: "N",
  },
  prefill_timeout_seconds: {
    topic: "times",
    check: seconds,
    says: "How long prefill may take for its whole answer.",
    flags: ["prefill-timeout"],
    takes: "SECONDS",
  },
  first_byte_timeout_seconds: {
    topic: "times",
    check: seconds,
    says: "How long decode may take for the first byte of its answer.",
    flags: ["first-byte-timeout"],
    takes: "SECONDS",
  },
  handoff_timeout_seconds: {
    topic: "times",
    check: seconds,
    says: "How long it may take from prefill's answer to decode's request; then both legs start over.",
    unset: "as long as prefill holds its KV",
    flags: ["handoff-timeout"],
    takes: "SECONDS",
  },
  drain_timeout_seconds: {
    topic: "times",
    check: seconds,
    says: "How long an endpoint that leaves may take to end what it has.",
    flags: ["drain-timeout"],
    takes: "SECONDS",
  },
  prefill_retries: {
    topic: "failures",
    check: atLeastNone,
    says: "Tries that a prefill leg gets after its first, where the retry matrix allows any.",
    flags: ["prefill-retries", "prefill-max-retries"],
    takes: "N",
  },
  decode_retries: {
    topic: "failures",
    check: noneOrOne,
    says: "Whether both legs may start over when decode fails before its first byte: 0 or 1.",
    flags: ["decode-retries"],
    takes: "N",
  },
} satisfies Partial<Settings>;
