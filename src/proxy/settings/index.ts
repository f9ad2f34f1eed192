import type { Policy } from "../config.ts";
import { atLeastNone, atLeastOne, flag, noneOrOne, oneOf, portNumber, seconds, text } from "./check.ts";
import type { Settings } from "./setting.ts";

const DECODE_POLICIES = ["round_robin", "least_loaded", "random", "power_of_two", "consistent_hash"] as const;

/** Every key of the config. Source of the names and of most usual values: proxy-protocols.md §3.0. */
export const settings: Settings = {
  bind: {
    topic: "place",
    check: text,
    says: "The address to listen on.",
    flags: ["host", "bind"],
    takes: "ADDRESS",
  },
  port: { topic: "place", check: portNumber, says: "The port to listen on.", flags: ["port"], takes: "N" },
  family: {
    topic: "kv",
    check: oneOf("relay", "shared-store"),
    says: "What is carried between the legs: prefill's ticket (NIXL, Ascend Mooncake), or nothing as the KV lies in a store (UCM, LMCache).",
    flags: ["family"],
    takes: "NAME",
  },
  prefill_policy: {
    topic: "routing",
    check: oneOf(...DECODE_POLICIES, "prefix_aware"),
    says: "How a prefill endpoint is chosen.",
    flags: ["prefill-policy"],
    takes: "POLICY",
  },
  decode_policy: {
    topic: "routing",
    check: oneOf<Policy>(...DECODE_POLICIES),
    says: "How a decode endpoint is chosen.",
    flags: ["decode-policy"],
    takes: "POLICY",
  },
  pd_min_prompt_tokens: {
    topic: "routing",
    check: atLeastOne,
    says: "Prompts estimated shorter than this go to decode alone.",
    unset: "every prompt takes both legs",
    flags: ["pd-min-prompt-tokens"],
    takes: "N",
  },
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
  kv_hold_seconds: {
    topic: "kv",
    check: seconds,
    says: "How long prefill holds the KV for decode; no decode leg is sent later.",
    unset: "no lease; by flags alone 480 with relay",
    flags: ["kv-hold-seconds"],
    takes: "SECONDS",
  },
  length_capped: {
    topic: "kv",
    check: flag,
    says: "Prefill gives its ticket only when it ended by length (Ascend Mooncake): its leg says min_tokens 1.",
    unset: "off; by flags alone on with relay, as it does no harm elsewhere",
    flags: ["length-capped"],
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
  correct_cached_tokens: {
    topic: "answers",
    check: flag,
    says: "Clients get prefill's number of cached tokens: decode's own counts the KV that prefill sent it.",
    flags: ["correct-cached-tokens"],
  },
  request_log: {
    topic: "looking",
    check: flag,
    says: "One JSON line for every completion, without a word of its prompt.",
    unset: "only failures have a line",
    flags: ["request-log"],
  },
};
