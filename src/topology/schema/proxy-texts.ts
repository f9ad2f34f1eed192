import type { KeyText } from "./texts.ts";

/** Keys of `proxy`. */
export const proxyTexts: Readonly<Record<string, KeyText>> = {
  proxy: { says: "What clients talk to." },
  "proxy.node": { says: "The node it runs on.", example: "n0" },
  "proxy.bind": { says: "Its address.", unset: "as engine.bind" },
  "proxy.port": { says: "Its port." },
  "proxy.kind": { says: "pdctl's own, or another one that you have." },
  "proxy.command": { says: "How another one is started.", unset: "its usual command", example: ["vllm-router"] },
  "proxy.venv": { says: "Virtual environment of another one.", example: "/opt/router" },
  "proxy.args": { says: "Flags of another one." },
  "proxy.env": { says: "Its variables." },
  "proxy.policy": { says: "How an endpoint is chosen, for both legs." },
  "proxy.prefill_policy": { says: "For prefill alone.", unset: "policy" },
  "proxy.decode_policy": {
    says: "For decode alone; with prefix_aware only what is new to its cache counts for pd_min_prompt_tokens.",
    unset: "policy",
  },
  "proxy.pd_min_prompt_tokens": { says: "Shorter prompts go to decode alone.", unset: "none do", example: 64 },
  "proxy.max_concurrent": { says: "Requests at once; others wait or are refused." },
  "proxy.serving": { says: "What pdctl's own proxy does beside: docs/proxy.md." },
  "proxy.serving.queue_size": { says: "Requests that may wait for a place.", unset: "1024", example: 256 },
  "proxy.serving.queue_timeout": { says: "How long they may.", unset: "60s", example: "30s" },
  "proxy.serving.max_prefill_per_endpoint": {
    says: "Prefill legs at once at one endpoint.",
    unset: "as many as come",
    example: 8,
  },
  "proxy.serving.prefill_timeout": { says: "For prefill's whole answer.", unset: "10m", example: "5m" },
  "proxy.serving.first_byte_timeout": { says: "For the first byte of decode's.", unset: "10m", example: "5m" },
  "proxy.serving.idle_timeout": { says: "How long an answer may stand still.", unset: "5m", example: "2m" },
  "proxy.serving.handoff_timeout": {
    says: "From prefill's answer to decode's request.",
    unset: "as long as prefill holds its KV",
    example: "5s",
  },
  "proxy.serving.drain_timeout": {
    says: "For an endpoint that leaves to end what it has.",
    unset: "10m",
    example: "5m",
  },
  "proxy.serving.prefill_retries": { says: "Tries that a prefill leg gets after its first.", unset: "2", example: 1 },
  "proxy.serving.decode_retries": {
    says: "Whether both legs may start over for decode, 0 or 1.",
    unset: "1",
    example: 0,
  },
  "proxy.serving.on_missing_kv": { says: "When prefill hands out no KV.", unset: "fail", example: "retry" },
  "proxy.serving.on_prefill_down": { says: "While no prefill can be reached.", unset: "fail", example: "decode-only" },
  "proxy.serving.on_prefill_saturated": {
    says: "While every prefill is at its limit.",
    unset: "queue",
    example: "decode-only",
  },
  "proxy.serving.on_prefill_500": { says: "When prefill answers 500.", unset: "fail", example: "retry" },
  "proxy.serving.split_most": {
    says: "Pairs of legs that a request of several prompts or samples may become.",
    unset: "16",
    example: 8,
  },
  "proxy.serving.correct_cached_tokens": {
    says: "Clients get prefill's number of cached tokens.",
    unset: "true",
    example: false,
  },
  "proxy.serving.resume_recomputed": {
    says: "What Ascend's recompute scheduler gives back is prefilled again.",
    unset: "false",
    example: true,
  },
  "proxy.serving.remote_host_override": {
    says: "Decode is told the host under which the proxy reaches prefill.",
    unset: "false",
    example: true,
  },
  "proxy.serving.request_log": { says: "A line of JSON for every completion.", unset: "false", example: true },
  "proxy.serving.trace_endpoint": {
    says: "A collector of OpenTelemetry, for spans.",
    unset: "no spans",
    example: "http://10.0.0.9:4318",
  },
  "proxy.serving.trace_share": { says: "Of the requests that bring no trace of their own.", unset: "1", example: 0.1 },
  "proxy.serving.metrics_compat": {
    says: "Also the names of vllm-router's metrics.",
    unset: "pdctl's alone",
    example: "vllm-router",
  },
  "proxy.serving.notice": {
    says: "When it is told to stop: how long /health says no while requests are still let in.",
    unset: "0s",
    example: "5s",
  },
  "proxy.serving.api_key_env": {
    says: "The variable of your environment that holds the keys of clients, separated by commas; others get 401.",
    unset: "every client is let in",
    example: "PROXY_KEYS",
  },
  "proxy.serving.admin_api_key_env": {
    says: "The variable that holds the key of its admin API.",
    unset: "the API answers only on its own machine",
    example: "PROXY_ADMIN_KEY",
  },
  "proxy.serving.upstream_api_key_env": {
    says: "The variable that holds the engines' own key, sent in the place of the client's.",
    unset: "engines get the client's",
    example: "VLLM_API_KEY",
  },
};
