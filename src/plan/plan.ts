import type { Gauges, Proof } from "../connectors/connector.ts";
import type { SshOptions } from "../nodes/session.ts";
import type { Target } from "../proxy/config.ts";
import type { Probe, RuntimeSpec } from "../supervise/supervise.ts";
import type { Finding, Path } from "../topology/rule.ts";
import type { Env, Json, Pulling, Role } from "../topology/topology.ts";

/**
 * Everything that will run, as a plain value. Same topology and facts, same bytes. What only a node knows and has not been
 * asked yet stands as `<fact:NAME@NODE>` in any text (home, nic, ip, node), and is listed in `unknowns`.
 * Durations in ms, ports 1024–65535, spans inclusive, device ids in the hardware's own id space.
 */
export interface Plan {
  readonly schema: "pdctl.plan/1";
  readonly cluster: string;
  /** sha256 of argv, env, files, runtime of all services; not of secrets' values, origins or pdctl's version. */
  readonly hash: string;
  readonly provisional: boolean;
  /** Stand-in engines on the topology's real nodes and ports. */
  readonly rehearsal: boolean;
  readonly model: { readonly path: string; readonly servedName: string; readonly kind: "moe" | "dense" | null };
  readonly transfer: string; // connector names, for people
  readonly cache: { readonly connector: string; readonly roles: readonly Role[] } | null;
  readonly unknowns: readonly { readonly fact: string; readonly node: string }[];
  /**
   * Releases that it goes by, of the packages that it is written for. Where `release` is null nobody says it, and what differs between
   * releases is written as all of them take it. Left out where no engine is vLLM.
   */
  readonly releases?: readonly PlanRelease[];
  readonly facts: {
    readonly digest: string;
    readonly at: number;
    /** What the plan took from each node. When one of these changes, a reviewed plan is not valid any more. */
    readonly nodes: Readonly<Record<string, UsedFacts>>;
  } | null;
  readonly nodes: readonly PlanNode[];
  readonly instances: readonly PlanInstance[];
  /** What each node is told before anything is started on it: per node in order. Left out where there is nothing. */
  readonly setup?: readonly PlanStep[];
  /** What has to be on a node before containers start there. Left out where there is nothing. */
  readonly images?: readonly PlanImage[];
  /** In the order of waves, nodes, ids. */
  readonly services: readonly Service[];
  /** Ids of services that start together, by the number of their wave; a wave may be empty. */
  readonly waves: readonly (readonly string[])[];
  /** Every listener and reserved range, by node. */
  readonly reservations: Readonly<Record<string, readonly Reservation[]>>;
  readonly targets: readonly Target[];
  readonly smoke: SmokeStep;
  readonly bench: BenchStep | null;
  /** Codes of facts rules that the user has taken on himself. */
  readonly preflight: { readonly skip: readonly string[] };
  readonly timeouts: {
    readonly connectMs: number;
    readonly readyMs: number;
    readonly stopMs: number;
    readonly smokeMs: number;
  };
  /** The nodes take it down so long after the last launcher has left. Left out: never. */
  readonly ttlMs?: number;
  /** What fails is started again, whole groups, at most so often within the window. Left out: never. */
  readonly restart?: { readonly max: number; readonly windowMs: number };
  readonly overrides: { readonly set: readonly string[]; readonly hosts: readonly string[] };
  /** `PORT → NODE` pairs that a rehearsal or check wants open are derived from services; nothing else is. */
}

export interface PlanImage {
  readonly node: string;
  readonly tool: "docker" | "podman";
  readonly image: string;
  readonly pull: Pulling;
  /** Digest by which the tool knows what it has under that name; left out: none was there, or nobody has asked. Outside all hashes. */
  readonly id?: string;
}

export interface PlanRelease {
  readonly package: string;
  readonly release: string | null;
  /** Whose word it is; null: nobody's. */
  readonly from: "node" | "engine.versions" | "runtime.image" | null;
  readonly nodes: readonly string[];
}

/** Only what stands in the plan: an address that the topology writes is no fact. */
export interface UsedFacts {
  readonly ip?: string;
  readonly nic?: string;
  readonly home?: string;
  /** Path of the node's own Node; null: it has none, and pdctl brings one. */
  readonly node?: string | null;
  readonly versions?: Readonly<Record<string, string>>;
}

export interface PlanNode {
  readonly name: string;
  readonly host: string;
  readonly ip: string;
  readonly nic: string | null;
  readonly hardware: string;
  readonly devices: readonly string[];
  readonly ssh: SshOptions;
  /** Absolute: `<home>/.pdctl/<cluster>/<node>`, or under the node's own state_dir. */
  readonly stateDir: string;
  /** What its connectors need to know of it before a start. Left out where that is nothing. */
  readonly asks?: {
    /** Python modules whose versions they compare. */
    readonly modules: readonly string[];
    /** Where KV is kept: nobody else may keep any there. */
    readonly directories: readonly string[];
  };
}

/** Shell text that is run on a node before its first start. */
export interface PlanStep {
  readonly node: string;
  readonly name: string;
  readonly run: string;
  readonly timeoutMs: number;
}

export interface PlanInstance {
  readonly id: string;
  readonly role: Role;
  readonly nodes: readonly string[];
  readonly engines: readonly string[];
  readonly devices: number;
  readonly parallel: {
    readonly tp: number;
    readonly pp: number;
    readonly pcp: number;
    readonly dcp: number;
    readonly dp: number;
    readonly dpLocal: number;
  };
  /** none: dp is 1. */
  readonly lb: "none" | "internal" | "hybrid" | "external";
}

export interface Service {
  /** `<role>-<instance>-<process>`, `proxy`, or a side service's own name. */
  readonly id: string;
  readonly kind: "engine" | "proxy" | "side";
  readonly role: Role | null;
  readonly instance: string | null;
  readonly process: number | null;
  /** Restarted as one. */
  readonly group: string;
  readonly ranks: readonly number[];
  readonly node: string;
  readonly devices: readonly string[];
  readonly runtime: RuntimeSpec;
  /** Vendor scripts, sourced where they exist. */
  readonly vendor: readonly string[];
  /** The user's own shell text, sourced before the environment is set. */
  readonly prelude: string | null;
  readonly argv: readonly string[];
  readonly env: Env;
  /** Names only. */
  readonly secrets: readonly string[];
  readonly files: readonly PlanFile[];
  /** Directories made 0700 by the launch script and removed by `down`. */
  readonly scratch: readonly string[];
  readonly listens: readonly Listen[];
  readonly reserves: readonly Reservation[];
  readonly ready: readonly Probe[];
  readonly live: readonly Probe[];
  /** Of a side service that counts something. */
  readonly gauges?: Gauges;
  readonly stop: { readonly order: number; readonly graceMs: number };
  /** Roles whose engines are restarted with it: their handshakes with a fresh one would be stale. */
  readonly peers: readonly Role[];
  readonly hash: string;
}

/** A content-addressed file, or one of pdctl's own programs, which have a stable path. */
export type PlanFile =
  | {
      readonly name: string;
      readonly path: string;
      readonly sha256: string;
      readonly content: string;
      /** The stable path under which a running program reads it, and reads it again when it is told to: a change needs no restart. */
      readonly link?: string;
    }
  | { readonly name: string; readonly path: string; readonly program: "proxy" | "sim" | "node" };

export interface Listen {
  readonly port: number;
  readonly purpose: string;
  readonly bind: string;
  /** Bound only while the group starts. */
  readonly transient?: boolean;
  /** Engines of this role dial it beside whoever else does: layerwise decode calls its proxy back. */
  readonly calledBy?: Role;
}

export interface Reservation {
  readonly first: number;
  readonly last: number;
  /** A service's or instance's id; of a range that a library draws from at random, the connector's name. */
  readonly owner: string;
  readonly purpose: string;
  /** Drawn from at random: a listener inside may meet it, now and then. */
  readonly random?: boolean;
}

export interface SmokeStep {
  /** The proxy's address as the nodes reach it. */
  readonly url: string;
  readonly node: string;
  readonly path: "/v1/completions";
  /** What this kind of proxy needs on every request for both legs to happen. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Names of variables of the launcher: the key that the proxy lets in, and the engines' own. */
  readonly keys?: { readonly proxy?: string; readonly engines?: string };
  readonly body: { readonly model: string; readonly max_tokens: number; readonly temperature: 0 };
  readonly promptWords: number;
  /** At least one per prefill slot and per decode slot. */
  readonly requests: number;
  readonly proof: Proof;
}

export interface BenchStep {
  readonly node: string;
  readonly argv: readonly string[];
  readonly env: Env;
}

/** Where a value of the plan comes from; beside the plan, outside its hash. */
export interface Origin {
  /** pdctl, plan, a hardware's or connector's name, or `topology`: then `paths` name the place. */
  readonly from: string;
  readonly why: string;
  /** Places in the topology that may have decided it, the strongest layer first: the first one that the user wrote did. */
  readonly paths?: readonly Path[];
}

/** One argument with its words, as `plan --explain` lists it. */
export interface Explained extends Origin {
  readonly words: readonly string[];
}

/** By service id: its arguments in order, and its variables by name. */
export type Origins = Readonly<
  Record<string, { readonly argv: readonly Explained[]; readonly env: Readonly<Record<string, Origin>> }>
>;

export interface Planned {
  readonly plan: Plan;
  readonly findings: readonly Finding[];
  readonly origins: Origins;
}

export type { Json };
