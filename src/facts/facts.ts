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
}
