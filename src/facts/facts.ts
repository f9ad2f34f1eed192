/** What only a node knows, gathered in one round trip, dated. A plan made without facts is provisional. */
export interface Facts {
  readonly node: string;
  /** Launcher's clock when the answer came, ms since the epoch. */
  readonly at: number;
  readonly home: string;
  readonly user: string;
  readonly uid: number;
  readonly bootId: string;
  /** The node's clock minus the launcher's, ms, round trip halved. */
  readonly clockOffsetMs: number;
  /** Interface → its IPv4 addresses. */
  readonly interfaces: Readonly<Record<string, readonly string[]>>;
  /** IPv4 address that the topology's host name has on the launcher or node; only asked when `ip` is unset. */
  readonly hostIp: string | null;
  /** Path of a Node >= 20 on the node, or null: then the launcher's binary is sent where platform and libc match. */
  readonly nodePath: string | null;
  readonly platform: string; // uname -sm, such as `Linux x86_64`
  readonly libc: string | null; // `glibc 2.36`, `musl`, null = unknown
  readonly bash: string;
  /** Versions of vllm and plugins in the engine's venv or container; empty when not asked or not there. */
  readonly versions: Readonly<Record<string, string>>;
  readonly listening: readonly { readonly port: number; readonly address: string }[];
  readonly ephemeral: { readonly first: number; readonly last: number } | null;
  /** Absolute paths the plan needs (a model's directory): exists or not. */
  readonly paths: Readonly<Record<string, boolean>>;
  /** What follows is left out where it was not asked, or the node does not tell: nothing known is nothing wrong. */
  readonly limits?: Limits;
  /** Ports that the kernel gives to no outgoing connection, though they lie in `ephemeral`. */
  readonly reserved?: readonly { readonly first: number; readonly last: number }[];
  /** `http_proxy`, `https_proxy`, `all_proxy`, `no_proxy` of the login environment, lower case; only those that are set. */
  readonly proxies?: Readonly<Record<string, string>>;
  /** Python modules by name: can be imported by the engine's interpreter or not. */
  readonly modules?: Readonly<Record<string, boolean>>;
  /** The model's directory, where the model is a path that exists there. */
  readonly model?: ModelFact;
  /** Directories that connectors keep KV in, by their path. */
  readonly directories?: Readonly<Record<string, DirectoryFact>>;
  /** What the accelerator's own tool lists, in the hardware's id space; empty: the tool lists none. */
  readonly devices?: readonly DeviceFact[];
  /** Network mode of containers that the topology names, as docker or podman tells it: `host`, `bridge`. */
  readonly containers?: Readonly<Record<string, string>>;
  /** What the node has under an image's name, by `docker NAME`: its digest, null: nothing. */
  readonly images?: Readonly<Record<string, string | null>>;
}

/** Of the login session that starts the services. Sizes in bytes; null: unlimited. */
export interface Limits {
  readonly memlock?: number | null;
  readonly shm?: { readonly size: number; readonly free: number };
  readonly memory?: { readonly total: number; readonly available: number };
}

export interface ModelFact {
  /** Text of its `config.json`, line breaks as blanks. */
  readonly config: string;
  /** sha256 of `config.json`, and of the index of its shards where there is one. */
  readonly digest: string;
  readonly indexDigest?: string;
  /** Shards that the index names and the directory does not have. */
  readonly missing: readonly string[];
}

export interface DirectoryFact {
  readonly exists: boolean;
  readonly writable: boolean;
  /** What is mounted there, as the kernel's table writes it: `nas:/export`, `/dev/sda1`. */
  readonly source: string;
  readonly type: string;
  readonly inode: string;
  readonly freeBytes: number;
}

export interface DeviceFact {
  readonly id: string;
  /** Another name of the same device (CUDA's UUID). */
  readonly uuid?: string;
  readonly name: string;
  readonly totalMb: number;
  readonly usedMb: number;
  readonly holders: readonly { readonly pid: number; readonly command: string; readonly usedMb: number }[];
  /** Something that keeps an engine from using it, in the vendor's words: `MIG mode Enabled`, `link DOWN`. */
  readonly faults: readonly string[];
  /** A switch that must be the same on all devices of a cluster, such as Ascend's TLS: its name and value. */
  readonly switches?: Readonly<Record<string, string>>;
}
