import type { Session } from "../nodes/session.ts";

/** A file to be put on a node. Content or, for big programs, a path on the launcher that is sent once by its digest. */
export interface NodeFile {
  /** Absolute on the node. */
  readonly path: string;
  readonly mode: number;
  readonly sha256: string;
  readonly content: Buffer;
  /** A second, stable name for the same bytes (a symbolic link), replaced atomically. Absolute. */
  readonly link?: string;
}

/** What is started: everything is resolved, nothing on the node is looked up. Recorded as spec.json, which alone is enough for status and down. */
export interface ServiceSpec {
  readonly cluster: string;
  readonly generation: number;
  readonly service: string;
  readonly kind: "engine" | "proxy" | "side";
  readonly role: "prefill" | "decode" | null;
  readonly instance: string | null;
  readonly group: string;
  readonly node: string;
  readonly ranks: readonly number[];
  readonly devices: readonly string[];
  readonly listens: readonly { readonly port: number; readonly purpose: string; readonly bind: string }[];
  readonly ready: readonly Probe[];
  readonly runtime: RuntimeSpec;
  readonly graceMs: number;
  readonly hash: string;
  readonly planHash: string;
  /** Directories of this service to be removed by `down` besides its run directory (VLLM_RPC_BASE_PATH). Absolute. */
  readonly scratch: readonly string[];
  /** Names of services that are restarted with it. */
  readonly peers: readonly string[];
  /** Anything else that status, logs and smoke want to find again without a plan. */
  readonly note: Readonly<Record<string, unknown>>;
}

export type RuntimeSpec =
  | { readonly kind: "process" }
  | { readonly kind: "docker" | "podman"; readonly image: string; readonly name: string; readonly options: readonly string[] }
  | { readonly kind: "docker" | "podman"; readonly container: string };

export type Probe =
  | { readonly kind: "http"; readonly host: string; readonly port: number; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "alive" };

/** A process, never by name: pid, start time (field 22 of /proc/PID/stat), boot id. */
export interface Identity {
  readonly pid: number;
  readonly start: number;
  readonly boot: string;
}

export type ServiceState =
  | { readonly state: "alive"; readonly identity: Identity; readonly sinceMs: number }
  | { readonly state: "died"; readonly exit: number | null; readonly signal: string | null; readonly atMs: number | null }
  | { readonly state: "absent" }
  | { readonly state: "unknown"; readonly why: string };

/** One service as the node's own state lists it. */
export interface Found {
  readonly spec: ServiceSpec;
  readonly state: ServiceState;
  /** Seconds of the node's clock when it was looked at, to turn atMs into durations without trusting our clock. */
  readonly nodeNowMs: number;
  /** Answers to the spec's probes at the time of the look: undefined = not asked. */
  readonly ready?: boolean;
  readonly logBytes: number;
}

export interface StartAsk {
  readonly stateDir: string; // absolute, <home>/.pdctl/<cluster>/<node>
  readonly owner: string;
  readonly files: readonly NodeFile[];
  readonly services: readonly { readonly spec: ServiceSpec; readonly launch: string; readonly secrets: Readonly<Record<string, string>> }[];
  /** Services whose hash differs are stopped and started instead of being refused. */
  readonly replace: boolean;
}

export type Started =
  | { readonly service: string; readonly outcome: "started"; readonly identity: Identity }
  | { readonly service: string; readonly outcome: "kept"; readonly identity: Identity }
  | { readonly service: string; readonly outcome: "differs"; readonly runningHash: string }
  | { readonly service: string; readonly outcome: "failed"; readonly why: string };

export interface Stopped {
  readonly service: string;
  readonly state: "gone" | "left" | "unknown";
  readonly left: readonly { readonly pid: number; readonly command: string }[];
}

/** What a node still holds of a cluster after a stop; all empty = gone. */
export interface Remains {
  readonly processes: readonly { readonly pid: number; readonly command: string; readonly service: string }[];
  readonly ports: readonly number[];
  readonly sharedMemory: readonly string[];
  readonly files: readonly string[];
}

/** Events of the watch channel of one node. */
export type WatchEvent =
  | { readonly type: "exit"; readonly service: string; readonly exit: number | null; readonly signal: string | null; readonly atMs: number | null }
  | { readonly type: "ready"; readonly service: string }
  | { readonly type: "log"; readonly service: string; readonly line: string }
  | { readonly type: "beat" };

/** The one node's lock of a cluster: held as long as the connection lives. */
export interface Lock {
  readonly node: string;
  release(): Promise<void>;
}

export type { Session };
