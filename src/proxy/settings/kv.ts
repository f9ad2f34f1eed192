import { endpointUrl, flag, oneOf, seconds } from "./check.ts";
import type { Settings } from "./setting.ts";

/** What the connector of the engines asks of the proxy. Source: proxy-protocols.md §3.0 */
export const ofKv = {
  family: {
    topic: "kv",
    check: oneOf("relay", "shared-store", "mooncake", "layerwise", "nixl-push", "moriio-write", "moriio-read"),
    says: "Order of the legs and what is carried: relay, prefill's ticket (NIXL, Ascend Mooncake); shared-store, nothing (UCM, LMCache); the others by their connector.",
    flags: ["family"],
    takes: "NAME",
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
    says: "Prefill keeps its KV only when it ended by length (Mooncake, MoRI-IO): its leg says min_tokens 1.",
    unset: "on with mooncake and moriio; by flags alone also with relay, where it does no harm; else off",
    flags: ["length-capped"],
  },
  decode_alone: {
    topic: "kv",
    check: flag,
    says: "Decode may serve a request by itself; false where it would answer nonsense, as always with moriio-read: what needs it is refused.",
    flags: ["decode-alone"],
  },
  callback_url: {
    topic: "kv",
    check: endpointUrl,
    says: "This proxy as decode engines reach it, which layerwise ones call back.",
    unset: "the address and port to listen on",
    flags: ["callback-url"],
    takes: "URL",
  },
} satisfies Partial<Settings>;
