/** What a test asks for. Addresses are free: the lab has no way out, so the reference topologies run with their own. */
export interface HostSpec {
  readonly name: string;
  readonly ip: string;
  /** Name of the interface that owns `ip`, 15 characters at most. Default `eth0`. */
  readonly nic?: string;
  readonly sshd?: SshdOptions;
  /** Directories that exist on this host besides those of the lab: model paths, a cache of weights. Absolute. */
  readonly directories?: readonly string[];
  /** false: no Node in the PATH of this host. */
  readonly node?: boolean;
  /** Users that may log in with the launcher's key; all by default. */
  readonly authorized?: readonly Account["name"][];
}

export interface SshdOptions {
  readonly port?: number;
  readonly maxStartups?: string;
  readonly maxSessions?: number;
  readonly allowTcpForwarding?: boolean;
  /** Further lines of sshd_config, as they are. */
  readonly lines?: readonly string[];
}

export interface LabOptions {
  /** Directories that exist on every host, each with its own. */
  readonly directories?: readonly string[];
  /** Directories that are one and the same on all hosts, as a shared file system would be. Anyone may write there. */
  readonly shared?: readonly string[];
  /** Directories of this machine that every host sees at the same path and cannot write: packages that are too big to copy. */
  readonly borrowed?: readonly string[];
  /** false: the hosts' kernels tell of no NUMA node. Default: what this machine tells. */
  readonly numa?: boolean;
  /** Text of the launcher's ~/.ssh/config. */
  readonly sshConfig?: string;
  /** Hosts whose key the launcher does not know yet. */
  readonly unknown?: readonly string[];
}

export const accounts = [
  { name: "root", uid: 0, home: "/root" },
  { name: "ops", uid: 2001, home: "/home/ops" },
  { name: "ubuntu", uid: 2002, home: "/home/ubuntu" },
] as const;
export type Account = (typeof accounts)[number];

export const labDirectory = "/run/lab";
export const launcherHome = "/run/launcher/home";
export const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
