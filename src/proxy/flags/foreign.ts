import type { Draft } from "./draft.ts";

/**
 * A flag of another proxy that has no counterpart here under its own name. One that would change what clients or engines see is refused with
 * what to write instead; one that only tunes how that program works inside is accepted, and said to be left aside.
 */
export type Foreign =
  | { readonly accepts: string; readonly apply?: (draft: Draft, word: string, name: string) => void }
  | { readonly refuses: string };

const STATIC = "engines are named by --prefill and --decode, or told to a running proxy at /admin/instances";
const PREFIX = "prefix_aware goes by what it sent where, and takes no numbers";
const EVENTS = "there are no KV events here; --policy prefix_aware goes by what it sent where";
const CIRCUIT = "its own circuit has fixed numbers, and the last endpoints of a role are tried all the same";
const PROBES = "every endpoint's /health is asked every few seconds, and more often while it is down";
const PLAIN = "two legs is all it does: write --prefill URL and --decode URL";
const RETRIES = "see --prefill-retries and --decode-retries; the waits between tries are its own";
const TLS = "write --tls CERT,KEY";

const refused = (refuses: string, ...names: readonly string[]) => names.map((name) => [name, { refuses }] as const);
const accepted = (accepts: string, ...names: readonly string[]) => names.map((name) => [name, { accepts }] as const);

/** Source: proxy-protocols.md §A.1, §B.1, §C.1, §C.3, §D.1, §F.1; `vllm-router --help` of 0.1.17. */
export const foreign: ReadonlyMap<string, Foreign> = new Map<string, Foreign>([
  // what makes vllm-router and UCM's proxy do what this one always does
  [
    "vllm-pd-disaggregation",
    {
      accepts: "",
      apply: (draft, _, by) => {
        draft.implied ??= { family: "relay", by }; // its connector is NIXL where no flag names another
      },
    },
  ],
  [
    "pd-disaggregation",
    {
      accepts: "",
      apply: (draft, _, by) => {
        draft.implied = { family: "shared-store", by };
      },
    },
  ],
  ["kv-connector", { accepts: "", apply: connector }],
  ["connector", { accepts: "", apply: connector }],
  // vllm-router
  ...refused(PLAIN, "worker-urls", "mini-lb", "enable-igw"),
  ...refused(STATIC, "service-discovery", "selector", "prefill-selector", "decode-selector", "vllm-discovery-address"),
  ...refused(STATIC, "service-discovery-port", "service-discovery-namespace"),
  ...refused(
    EVENTS,
    "kv-event-source",
    "kv-event-replay-source",
    "kv-event-block-size",
    "kv-event-model",
    "pd-kv-events",
  ),
  ...refused(EVENTS, "router-temperature", "kv-penalty-host", "kv-penalty-external", "kv-penalty-disk"),
  ...refused(EVENTS, "kv-aware-session-affinity-ttl-secs"),
  ...refused(
    "nothing runs inside this proxy but itself",
    "wasm-middleware",
    "wasm-middleware-sha256",
    "wasm-middleware-route",
  ),
  ...refused(
    "requests are not grouped into programs here",
    "enable-program-scheduling",
    "program-scheduling-config-json",
  ),
  ...refused("a key does not belong on a command line: write --upstream-api-key-env NAME", "api-key"),
  ...accepted(PREFIX, "cache-threshold", "balance-abs-threshold", "balance-rel-threshold", "max-tree-size"),
  ...accepted(PREFIX, "eviction-interval", "eviction-interval-secs"),
  ...accepted(
    "it listens at once, and /health says when a pair can serve",
    "worker-startup-timeout-secs",
    "worker-startup-check-interval",
  ),
  ...accepted("bodies of up to 64 MiB are taken", "max-payload-size"),
  ...accepted("/metrics is served where everything else is", "prometheus-port", "prometheus-host"),
  ...accepted("the id is read from x-request-id", "request-id-headers"),
  ...accepted(
    "no bound on a whole answer; --prefill-timeout, --first-byte-timeout and --idle-timeout bound its parts",
    "request-timeout-secs",
  ),
  ...accepted(RETRIES, "retry-max-retries", "retry-initial-backoff-ms", "retry-max-backoff-ms"),
  ...accepted(RETRIES, "retry-backoff-multiplier", "retry-jitter-factor"),
  [
    "disable-retries",
    {
      accepts: "",
      apply: (draft) => {
        draft.keys.set("prefill_retries", 0).set("decode_retries", 0);
      },
    },
  ],
  ...accepted(CIRCUIT, "cb-failure-threshold", "cb-success-threshold", "cb-timeout-duration-secs"),
  ...accepted(CIRCUIT, "cb-window-duration-secs", "disable-circuit-breaker"),
  ...accepted(PROBES, "health-failure-threshold", "health-success-threshold", "health-check-timeout-secs"),
  ...accepted(PROBES, "health-check-interval-secs", "health-check-endpoint"),
  ...accepted("the bound is on what is in flight, not on a rate", "rate-limit-tokens-per-second"),
  ...accepted("browsers' questions are answered by the engines: their --allowed-origins", "cors-allowed-origins"),
  ...accepted("its lines go to stderr", "log-dir"),
  ...accepted("it has one level; --request-log adds a line for every request", "log-level", "zap-log-level"),
  // vllm-ascend
  ["max-retries", { accepts: "", apply: attempts }],
  ...accepted(RETRIES, "retry-delay"),
  ...accepted(
    "an instance that is added is asked for its health until it answers",
    "max-waiting-retries",
    "waiting-retry-interval",
  ),
  ...accepted("one process does it", "workers"),
  // vLLM's and UCM's scripts
  ...refused(PLAIN, "worker-hosts", "work-host", "worker-ports", "work-port"),
  // llm-d's sidecar
  ...refused("write --decode http://127.0.0.1:PORT, and every prefill endpoint as --prefill URL", "vllm-port"),
  ...refused("write --data-parallel-size-local N, or an endpoint for every rank", "data-parallel-size"),
  ...refused("there is no encode leg and no chunked decode here", "ec-connector", "decode-chunk-size"),
  ...refused("engines are asked over plain HTTP, or TLS where their url says https", "tls-insecure-skip-verify"),
  ...accepted(
    "no request names its own prefill: --prefill does",
    "enable-prefiller-sampling",
    "enable-ssrf-protection",
  ),
  ...accepted("no request names its own prefill: --prefill does", "inference-pool"),
  ...accepted("connections are kept as long as the engines keep them", "max-idle-conns-per-host"),
  ...accepted(RETRIES, "prefill-retry-backoff"),
  ...refused(TLS, "enable-tls", "secure-proxy", "cert-path"),
]);

/** Ascend's proxies count every try of a leg, also the first. */
function attempts(draft: Draft, word: string, name: string): void {
  const most = Number(word);
  if (!Number.isSafeInteger(most) || most < 1)
    draft.faults.push(`${name} ${word}: expected a whole number of at least 1`);
  else draft.keys.set("prefill_retries", most - 1).set("decode_retries", Math.min(most - 1, 1));
}

const FAMILIES: Readonly<Record<string, string>> = {
  nixl: "relay",
  mooncake: "mooncake",
  nixlv2: "relay",
  "shared-storage": "shared-store",
};

function connector(draft: Draft, word: string, name: string): void {
  const family = FAMILIES[word];
  if (word === "moriio")
    draft.faults.push(`${name} moriio: its engines' addresses stand in a config: --config FILE, targets[].moriio`);
  else if (family !== undefined) draft.implied = { family, by: `${name} ${word}` };
  else draft.faults.push(`${name} ${word}: expected ${Object.keys(FAMILIES).join(", ")}; or write --family`);
}
