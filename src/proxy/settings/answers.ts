import { atLeastOne, flag, oneOf, seconds } from "./check.ts";
import type { Settings } from "./setting.ts";

/** What is changed on the way from and to engines, and what becomes of a request when prefill is in trouble. Source: proxy-protocols.md §3.0, §3.3 */
export const ofAnswers = {
  on_missing_kv: {
    topic: "failures",
    check: oneOf("fail", "decode-only", "retry"),
    says: "A request whose prefill gave no KV: fails, goes to decode alone, or is prefilled once more.",
    flags: ["on-missing-kv"],
    takes: "WHAT",
  },
  on_prefill_down: {
    topic: "failures",
    check: oneOf("fail", "decode-only"),
    says: "Requests while no prefill can be reached: fail, or go to decode alone.",
    flags: ["on-prefill-down"],
    takes: "WHAT",
  },
  on_prefill_saturated: {
    topic: "failures",
    check: oneOf("queue", "decode-only"),
    says: "Requests while every prefill endpoint has max_prefill_per_endpoint legs: wait, or go to decode alone.",
    flags: ["on-prefill-saturated"],
    takes: "WHAT",
  },
  on_prefill_500: {
    topic: "failures",
    check: oneOf("fail", "retry"),
    says: "A 500 of prefill: is the client's, as the prompt may be what kills engines, or goes to another endpoint once.",
    flags: ["on-prefill-500"],
    takes: "WHAT",
  },
  remote_host_override: {
    topic: "kv",
    check: flag,
    says: "Decode is told the host under which the proxy reaches prefill, in place of the one that prefill advertises.",
    unset: "off",
    flags: ["remote-host-override"],
  },
  idle_timeout_seconds: {
    topic: "times",
    check: seconds,
    says: "How long an answer may stand still once it has begun; then it is broken off.",
    flags: ["idle-timeout"],
    takes: "SECONDS",
  },
  split_most: {
    topic: "routing",
    check: atLeastOne,
    says: "Pairs of legs that a request of several prompts or samples (n) may become; larger ones go to decode alone, with 1 all of them.",
    flags: ["split-most"],
    takes: "N",
  },
  resume_recomputed: {
    topic: "kv",
    check: flag,
    says: "Requests that decode gives back when it has no room (Ascend's recompute scheduler) are prefilled again, and their answer goes on.",
    unset: "off",
    flags: ["resume-recomputed"],
  },
  correct_cached_tokens: {
    topic: "answers",
    check: flag,
    says: "Clients get prefill's number of cached tokens: decode's own counts the KV that prefill sent it.",
    flags: ["correct-cached-tokens"],
  },
} satisfies Partial<Settings>;
