import type { SshOptions } from "../nodes/session.ts";
import type { ProxyConfig } from "../proxy/config.ts";
import type { Args, EngineChoice, Env } from "./engine-choice.ts";
import type { Path } from "./rule.ts";

// other rooms take the whole contract from here
export type { Args, ArgValue, EngineChoice, Env, EnvValue, Json, Parallel, Pulling, Runtime } from "./engine-choice.ts";

/**
 * The user's file, validated and resolved: `extends` merged, ranges expanded, defaults filled in, the layers
 * engine → role → instance merged per instance. Nodes' own `env` is merged by the plan, as the last layer.
 */
export interface Topology {
  readonly name: string;
  readonly model: Model;
  readonly nodes: readonly Node[];
  readonly kv: Kv;
  /** Prefill before decode, in file order. */
  readonly instances: readonly Instance[];
  readonly proxy: ProxyChoice;
  /** What each node is told before anything is started on it. */
  readonly setup?: readonly SetupStep[];
  /** The user's own side processes. */
  readonly services: readonly SideProcess[];
  readonly smoke: Smoke;
  readonly bench?: Bench;
  readonly timeouts: {
    readonly connectMs: number;
    readonly readyMs: number;
    readonly stopMs: number;
    readonly smokeMs: number;
  };
  readonly preflight: { readonly skip: readonly string[] };
  /** Names of variables taken from the launcher's environment. */
  readonly secrets: readonly string[];
  readonly ttlMs?: number;
  /** What fails is started again on its node, whole groups, at most so often within the window; unset: never. */
  readonly restart?: { readonly max: number; readonly windowMs: number };
  readonly experimental: readonly string[];
  /** `--set` and `--hosts` as given, for the record in the plan. */
  readonly overrides: { readonly set: readonly string[]; readonly hosts: readonly string[] };
}

export type Role = "prefill" | "decode";

export interface Model {
  readonly path: string;
  /** What clients send as `model`; the path unless set. */
  readonly servedName: string;
  /** Unset: a fact from the model's config. */
  readonly kind?: "moe" | "dense";
  readonly tokenizer?: string;
  readonly servedNameIsSet: boolean;
}

export interface Node {
  readonly name: string;
  /** Where SSH goes; `local`: no SSH. */
  readonly host: string;
  /** Data-plane address; unset while the host is a name that only the nodes can resolve (a fact). */
  readonly ip?: string;
  /** Interface that owns `ip`; unset: a fact. */
  readonly nic?: string;
  readonly hardware: string; // a name of hardware/, or "none"
  /** The accelerator that `hardware` is a generation of; unset: itself. */
  readonly family?: string;
  /** Ids in the hardware's own id space, in order. */
  readonly devices: readonly string[];
  /** NUMA node of each device, in their order; unset: engines are not bound. */
  readonly numa?: readonly number[];
  /** GiB of one device; unset: what its generation has. */
  readonly deviceMemoryGib?: number;
  /** Gbit/s of the interface that carries KV. */
  readonly nicGbps?: number;
  readonly ssh: SshOptions;
  readonly env: Env;
  /** Variables that a written null takes out of all layers below the node's. */
  readonly without?: readonly string[];
  readonly mounts: readonly string[];
  readonly stateDir?: string;
  readonly path: Path;
}

export interface Kv {
  readonly hashSeed: number;
  readonly transfer: ConnectorUse;
  readonly cache?: ConnectorUse & { readonly roles: readonly Role[] };
}

/** A connector and its own fields, checked by its schema; `extra` goes verbatim into its extra config. */
export interface ConnectorUse {
  readonly connector: string;
  /** Fields per role: the shared ones with `prefill:` / `decode:` overlays merged. Shape: the connector's own `fields`. */
  readonly fields: Readonly<Record<Role, Readonly<Record<string, unknown>>>>;
  readonly path: Path;
}

export interface Instance {
  /** `<role>-<name>`; the name is its number unless the list of instances names it. */
  readonly id: string;
  readonly role: Role;
  readonly name: string;
  /** Names of its nodes in order; the first one holds rank 0. */
  readonly nodes: readonly string[];
  /** Pinned device ids (on each of its nodes), else the next free ones. */
  readonly devices?: readonly string[];
  readonly engine: EngineChoice;
  /** Pinned port bases by connector port name (`kv_port`, `side_channel_port`), over the connector's own field. */
  readonly ports: Readonly<Record<string, number>>;
  /** The role's key, or the entry of its `instances` list. */
  readonly path: Path;
}

/** How an endpoint is chosen; `prefix_aware` is said of one leg at a time. */
export type ProxyPolicy =
  | "round_robin"
  | "least_loaded"
  | "random"
  | "power_of_two"
  | "consistent_hash"
  | "prefix_aware";

/** Keys of which the topology names the variable, and never says the value. */
export type KeyName = "api_key_env" | "admin_api_key_env" | "upstream_api_key_env";

/** What pdctl's own proxy is told beside; what is not written it decides itself. */
export type ProxyServing = Partial<
  Pick<
    ProxyConfig,
    | "queue_size"
    | "queue_timeout_seconds"
    | "max_prefill_per_endpoint"
    | "prefill_timeout_seconds"
    | "first_byte_timeout_seconds"
    | "idle_timeout_seconds"
    | "handoff_timeout_seconds"
    | "drain_timeout_seconds"
    | "prefill_retries"
    | "decode_retries"
    | "on_missing_kv"
    | "on_prefill_down"
    | "on_prefill_saturated"
    | "on_prefill_500"
    | "split_most"
    | "correct_cached_tokens"
    | "resume_recomputed"
    | "remote_host_override"
    | "request_log"
    | "trace_endpoint"
    | "trace_share"
    | "metrics_compat"
    | "notice_seconds"
    | KeyName
  >
>;

export interface ProxyChoice {
  readonly node: string;
  readonly bind?: string;
  readonly port: number;
  readonly kind: "pdctl" | "vllm-router" | "vllm-toy" | "ucm-toy" | "ascend" | "ascend-layerwise" | "llm-d-sidecar";
  readonly command?: readonly string[];
  /** Python environment of a proxy that is not pdctl's own. */
  readonly venv?: string;
  readonly args: Args;
  readonly env: Env;
  readonly prefillPolicy: ProxyPolicy;
  readonly decodePolicy: ProxyPolicy;
  readonly pdMinPromptTokens?: number;
  readonly maxConcurrent: number;
  readonly serving: ProxyServing;
  /** Variables of the launcher that its keys are taken from. */
  readonly secrets: readonly string[];
  /** Keys with a default that the user wrote all the same. */
  readonly written: readonly ("policy" | "prefill_policy" | "decode_policy" | "max_concurrent")[];
  readonly path: Path;
}

export interface SideProcess {
  readonly name: string;
  readonly node: string;
  readonly command: readonly string[];
  readonly env: Env;
  /** Ports it listens on, and how it is known to be ready. */
  readonly listens: readonly number[];
  readonly ready?: { readonly http?: string; readonly tcp?: number };
  readonly wave: number;
  readonly path: Path;
}

export interface SetupStep {
  readonly name: string;
  readonly nodes: readonly string[];
  /** Shell text, run as the login user. */
  readonly run: string;
  readonly timeoutMs: number;
  readonly path: Path;
}

export interface Smoke {
  readonly maxTokens: number;
  readonly promptWords: number;
}

export interface Bench {
  readonly args: Args;
  readonly path: Path;
}
