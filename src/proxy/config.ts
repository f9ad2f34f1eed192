/**
 * What `pdctl proxy --config FILE` reads, what its flags make, and what the plan writes: JSON with exactly these keys. What each of them
 * takes, its usual value and its flag stand in settings/: a key without a line there does not compile.
 */
export interface ProxyConfig {
  /** Address and port to listen on. */
  readonly bind: string;
  readonly port: number;
  /** Order of the legs and what is carried between them. */
  readonly family: FamilyName;
  readonly prefill_policy: Policy;
  readonly decode_policy: Policy;
  /** A true bound on requests that engines work for; beyond it they wait, before their prefill. */
  readonly max_concurrent: number;
  /** How many may wait: beyond it clients get 429. */
  readonly queue_size?: number;
  /** How long they may wait: after it they get 503. */
  readonly queue_timeout_seconds?: number;
  /** Prefill legs at once at one endpoint; others wait. */
  readonly max_prefill_per_endpoint?: number;
  /** Seconds that prefill holds the KV for decode; a decode leg is never dispatched later than that. None: no lease. */
  readonly kv_hold_seconds?: number;
  /** A decode leg is not dispatched later than this after prefill's answer; both legs then start over. Unset: `kv_hold_seconds` alone. */
  readonly handoff_timeout_seconds?: number;
  /** Prefill must finish by length to hand out its ticket (MooncakeConnectorV1): the prefill leg carries `min_tokens: 1`. */
  readonly length_capped?: boolean;
  /** false: decode without prefill would answer nonsense (MoRI-IO where it reads); what needs that is refused. */
  readonly decode_alone?: boolean;
  /** layerwise: the proxy as decode engines reach it, http://10.0.0.5:8000. Unset: `bind` and `port`. */
  readonly callback_url?: string;
  /** Prompts estimated shorter than this go to decode alone. */
  readonly pd_min_prompt_tokens?: number;
  /** What becomes of a request whose prefill gave no KV. */
  readonly on_missing_kv?: "fail" | "decode-only" | "retry";
  /** What becomes of requests while no prefill can be reached. */
  readonly on_prefill_down?: "fail" | "decode-only";
  /** What becomes of requests while every prefill endpoint has max_prefill_per_endpoint legs. */
  readonly on_prefill_saturated?: "queue" | "decode-only";
  /** A 500 of prefill is the client's, or goes to another endpoint once. */
  readonly on_prefill_500?: "fail" | "retry";
  /** Decode is told the host under which the proxy reaches prefill, in place of the one that prefill advertises. */
  readonly remote_host_override?: boolean;
  /** How long prefill may take for its whole answer, and decode for its first byte. */
  readonly prefill_timeout_seconds?: number;
  readonly first_byte_timeout_seconds?: number;
  /** Tries that a prefill leg gets after its first, and times that both legs may start over for decode. 0: none. */
  readonly prefill_retries?: number;
  readonly decode_retries?: number;
  /** How long an answer may stand still once it has begun. */
  readonly idle_timeout_seconds?: number;
  /** Most pairs of legs that a request of several prompts or samples becomes; larger ones go to decode alone. 1: all of them do. */
  readonly split_most?: number;
  /**
   * Decode may end a request with the stop reason "recomputed" when it has no room for it (vllm-ascend's recompute_scheduler_enable): it is then
   * prefilled again with what was said so far. Every event of a stream is looked into for this.
   */
  readonly resume_recomputed?: boolean;
  /** Decode counts the KV that prefill sent as cached tokens: clients get prefill's number in its place. */
  readonly correct_cached_tokens?: boolean;
  /** The model that every endpoint must serve, by the id that its /v1/models names first; the others get no requests. Unset: what most of them serve. */
  readonly model?: string;
  /** Names of environment variables: the key of the admin API (none: it answers only on this machine), the keys of clients, and the engines' own key. */
  readonly admin_api_key_env?: string;
  readonly api_key_env?: string;
  readonly upstream_api_key_env?: string;
  /** Keys of clients, one per line; read again at every reload. */
  readonly api_keys_file?: string;
  /** PEM files; read again at every reload. */
  readonly tls?: Tls;
  /** How long an endpoint that leaves may take to end what it has. */
  readonly drain_timeout_seconds?: number;
  /** After SIGTERM: how long /health says no while requests are still let in, and how long those that run may take to end. */
  readonly notice_seconds?: number;
  readonly grace_seconds?: number;
  /** One JSON line for every completion, without a word of its prompt. Unset: only failures have a line. */
  readonly request_log?: boolean;
  /** A collector of OpenTelemetry, without its path: http://10.0.0.9:4318. Unset: as OTEL_EXPORTER_OTLP_ENDPOINT says, if it does. */
  readonly trace_endpoint?: string;
  /** Of the requests that bring no trace of their own: 0 to 1. */
  readonly trace_share?: number;
  /** /metrics also has the names under which the dashboards of another proxy look. */
  readonly metrics_compat?: "vllm-router";
  /** The HTTP client that speaks to the engines. */
  readonly upstream?: "sockets" | "undici";
  readonly targets: readonly Target[];
}

export interface Tls {
  readonly cert: string;
  readonly key: string;
}

export type Role = Target["role"];

/** `relay`, `shared-store`, `moriio-read`: prefill, then decode. `layerwise`: decode, which calls for prefill. The others: both at once. */
export type FamilyName =
  | "relay"
  | "shared-store"
  | "mooncake"
  | "layerwise"
  | "nixl-push"
  | "moriio-write"
  | "moriio-read";

/** `prefix_aware` knows what each slot was sent. At decode it makes pd_min_prompt_tokens count only what is new to its cache. */
export type Policy = "round_robin" | "least_loaded" | "random" | "power_of_two" | "consistent_hash" | "prefix_aware";

/** One HTTP endpoint. With `slots` > 1 it holds that many ranks, chosen by `X-data-parallel-rank: 0…slots-1`. */
export interface Target {
  readonly url: string;
  readonly role: "prefill" | "decode";
  readonly slots: number;
  /** mooncake, of prefill: the server at which its ranks are registered; unset: port 8998 of the endpoint's host. */
  readonly bootstrap_url?: string;
  /** nixl-push, of prefill. */
  readonly nixl?: NixlAddress;
  /** moriio-write, of both roles. */
  readonly moriio?: MoriioAddress;
}

/** Where the side channels of a NIXL engine are, and how it is split: decode registers its blocks there. */
export interface NixlAddress {
  readonly host: string;
  readonly tp_size: number;
  readonly pp_size: number;
  /** One for each slot. */
  readonly ranks: readonly { readonly engine_id: string; readonly port: number }[];
}

/** Where a MoRI-IO engine is reached, and how it is split. Ports are those of its first worker. */
export interface MoriioAddress {
  readonly host: string;
  readonly handshake_port: number;
  readonly notify_port: number;
  readonly tp_size: number;
  readonly dp_size: number;
}
