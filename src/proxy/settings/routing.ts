import type { Policy } from "../config.ts";
import { atLeastOne, oneOf, text } from "./check.ts";
import type { Settings } from "./setting.ts";

const POLICIES = ["round_robin", "least_loaded", "random", "power_of_two", "consistent_hash", "prefix_aware"] as const;

/** Which engines, and how they are chosen. Source: proxy-protocols.md §3.0 */
export const ofRouting = {
  prefill_policy: {
    topic: "routing",
    check: oneOf<Policy>(...POLICIES),
    says: "How a prefill endpoint is chosen.",
    flags: ["prefill-policy"],
    takes: "POLICY",
  },
  decode_policy: {
    topic: "routing",
    check: oneOf<Policy>(...POLICIES),
    says: "How a decode endpoint is chosen; with prefix_aware only what is new to its cache counts for pd_min_prompt_tokens.",
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
  model: {
    topic: "routing",
    check: text,
    says: "The model that every endpoint must serve, by the id that its /v1/models names first; others get no requests.",
    unset: "what most of them serve",
    flags: ["served-model"],
    takes: "ID",
  },
  upstream: {
    topic: "engines",
    check: oneOf("sockets", "undici"),
    says: "The HTTP client towards the engines: the proxy's own, strict and cheap, or undici.",
    flags: ["upstream"],
    takes: "NAME",
  },
} satisfies Partial<Settings>;
