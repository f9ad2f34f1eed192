import type { SshOptions } from "../nodes/session.ts";

/** A file to be put on a node. Content or, for big programs, a path on the launcher that is sent once by its digest. */
export interface NodeFile {
  /** Absolute on the node. */
  readonly path: string;
  readonly mode: number;
  readonly sha256: string;
  readonly content: Buffer | LauncherFile;
  /** A second, stable name for the same bytes (a symbolic link), replaced atomically. Absolute. */
  readonly link?: string;
}

/** A big file that stays on the launcher's disk until a node is found to lack it. */
export interface LauncherFile {
  readonly launcherPath: string;
  readonly bytes: number;
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
  /** A transient unit of the user's service manager, or of the system's by sudo. `unit`: its name without `.service`. */
  | { readonly kind: "systemd"; readonly scope: "user" | "system"; readonly unit: string }
  | {
      readonly kind: "docker" | "podman";
      readonly image: string;
      readonly name: string;
      readonly options: readonly string[];
    }
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
  /** `sinceMs`: when it was started, on the node's clock (ms since 1970). `identity` is the engine's own process. */
  | { readonly state: "alive"; readonly identity: Identity; readonly sinceMs: number }
  /** `exit: null` = nobody was left to see how it ended (the wrapper was killed too, or the node rebooted). A signal is a guess from 128 + n. */
  | {
      readonly state: "died";
      readonly exit: number | null;
      readonly signal: string | null;
      readonly atMs: number | null;
      /** pdctl had told it to. Without that even exit code 0 is a death: vLLM ends so when its engine core is gone. */
      readonly asked?: boolean;
      /** It was gone with the node's boot, at `atMs`. */
      readonly rebooted?: true;
    }
  /** It is written down and was never started: a launcher died in between. */
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
  /** Resident memory of all its living processes; pages that several of them share count for each. */
  readonly rssBytes: number;
  /** Living processes that carry its mark: more than none of a service that died = it left some behind. */
  readonly processes: number;
  /** How often it was started before, in this and in older generations. */
  readonly formerRuns: number;
  /** How often in its own generation: only the node's keeper starts anything there a second time. */
  readonly keeperStarts: number;
  /** `<stateDir>/runs/<generation>/<service>`. */
  readonly runDir: string;
}

/** state.json of a node: whose cluster it is, and how often it was started. */
export interface NodeState {
  readonly schema: 1;
  readonly cluster: string;
  readonly owner: string;
  readonly generation: number;
  readonly boot: string;
  /** Services of the whole cluster that the newest `up` planned; what else is listed is left over from an earlier one. */
  readonly planned?: readonly string[] | undefined;
  /** The launcher's run that wrote it. */
  readonly run?: string | undefined;
  /** Where all nodes of the cluster are: who finds one finds the others. */
  readonly nodes?: readonly StateNode[] | undefined;
}

export interface StateNode {
  readonly node: string;
  readonly host: string;
  readonly ip: string;
  readonly stateDir: string;
  /** Without what is the launcher's own: its key files. */
  readonly ssh: SshOptions;
}

/** What a cluster takes of one node, from the moment in which its start begins. */
export interface Claims {
  readonly ports: readonly { readonly port: number; readonly service: string }[];
  readonly devices: readonly string[];
  /** Where it keeps KV. */
  readonly directories: readonly string[];
}

/** Another cluster of the same user on this node, of which something lives or is being changed now. */
export interface Other {
  readonly stateDir: string;
  readonly state: NodeState;
  /** undefined: it does not tell. */
  readonly claims: Claims | undefined;
  readonly processes: number;
}

/** Everything a node's own files and /proc say of a cluster, at one moment. */
export interface Look {
  /** null = pdctl has nothing here. */
  readonly state: NodeState | null;
  /** Newest run of each service; older runs only while something of them lives. */
  readonly found: readonly Found[];
  /** Run directories whose spec cannot be read: unknown, never gone. */
  readonly unreadable: readonly { readonly runDir: string; readonly why: string }[];
  readonly boot: string;
  readonly nodeNowMs: number;
  /** How long what runs here may stay without a launcher, and how much of that is left; unset: for ever. */
  readonly lease?: { readonly ttlMs: number; readonly leftMs: number };
  /** Groups that the keeper does not start any more; unset: none. */
  readonly gaveUp?: readonly GaveUp[];
  /** Other clusters here; empty where it was not asked for. */
  readonly others: readonly Other[];
}

export interface StartAsk {
  readonly stateDir: string; // absolute, <home>/.pdctl/<cluster>/<node>
  readonly owner: string;
  readonly files: readonly NodeFile[];
  readonly services: readonly {
    readonly spec: ServiceSpec;
    readonly launch: string;
    readonly secrets: Readonly<Record<string, string>>;
  }[];
  /** Services whose hash differs are stopped and started instead of being refused. */
  readonly replace: boolean;
}

/** `started` with pid 0 = it ended before it could be looked at; its exit is recorded all the same. */
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
  /** `stuck`: in uninterruptible sleep, so that no signal reaches it. */
  readonly processes: readonly {
    readonly pid: number;
    readonly command: string;
    readonly service: string;
    readonly stuck: boolean;
  }[];
  readonly ports: readonly number[];
  readonly sharedMemory: readonly string[];
  readonly files: readonly string[];
  /** MiB in use of each device before the cluster's first start; empty: nobody could tell. */
  readonly baseline: ReadonlyMap<string, number>;
}

/** Events of the watch channel of one node. */
export type WatchEvent =
  | {
      readonly type: "exit";
      readonly service: string;
      readonly exit: number | null;
      readonly signal: string | null;
      readonly atMs: number | null;
    }
  | { readonly type: "ready"; readonly service: string }
  | { readonly type: "log"; readonly service: string; readonly line: string }
  | { readonly type: "beat" };

/** A group that failed too often: after so many starts again within the window it was left stopped. */
export interface GaveUp {
  readonly group: string;
  readonly restarts: number;
  /** The node's clock. */
  readonly atMs: number;
  readonly why: string;
}

/** The one node's lock of a cluster: held as long as the connection lives and the launcher gives a sign every 10 s (30 s lease). */
export interface Lock {
  readonly node: string;
  /** Resolves when the lock is gone without `release`: somebody else may act now. */
  readonly lost: Promise<Error>;
  release(): Promise<void>;
}

/** Who holds a lock, as its file says. */
export interface Holder {
  readonly owner: string;
  readonly verb: string;
  /** ISO time of the launcher's clock. */
  readonly since: string;
  /** The launcher's process, on the launcher's machine. */
  readonly pid: number;
  /** Id of its run: what changes anything on the node has to carry it. */
  readonly run: string;
  /** Of the CI job, where there is one. */
  readonly link?: string;
}

/** A piece of a service's log, exactly the bytes that were written. */
export interface LogChunk {
  readonly service: string;
  readonly generation: number;
  /** Where in the log the bytes begin. */
  readonly from: number;
  readonly bytes: Buffer;
}

export interface PulledLog {
  readonly service: string;
  readonly generation: number;
  /** Absolute on the launcher. */
  readonly file: string;
  readonly bytes: number;
}
