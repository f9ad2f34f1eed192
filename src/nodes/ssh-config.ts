import { homedir, userInfo } from "node:os";

/** Where the launcher's own SSH set-up is. Everything has the place that ssh itself uses; tests and containers say otherwise. */
export interface SshSetup {
  /** `ssh -F`; default: the user's and the system's files. */
  readonly configFile?: string;
  /** `SSH_AUTH_SOCK`; null = no agent. */
  readonly agentSocket?: string | null;
  /** Overrides UserKnownHostsFile and GlobalKnownHostsFile. */
  readonly knownHosts?: readonly string[];
  /** How often a silent node is asked whether it is there; after six times without an answer it is lost. Default 1 s. */
  readonly keepaliveMs?: number;
}

/** One hop as `ssh -G` sees it, tokens and `~` expanded. */
export interface Resolved {
  /** The name as it was given, for messages. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  readonly agentSocket: string | null;
  readonly jump: readonly string[];
  /** Its stdin and stdout are the connection; never beside `jump`. */
  readonly proxyCommand: string | null;
  readonly knownHosts: readonly string[];
  readonly hashKnownHosts: boolean;
  readonly hostKeyAlias: string | null;
  readonly keepaliveMs: number;
  /** What only the system's own ssh can do. */
  readonly certificateFiles: readonly string[];
  readonly gssapi: boolean;
  /** Empty: not known, as there is no ssh program to ask. */
  readonly kexAlgorithms: readonly string[];
}

export interface Target {
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/** The lines of `ssh -G` by their keyword. */
export type SaidLines = ReadonlyMap<string, readonly string[]>;

export function saidLines(text: string): SaidLines {
  const said = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const cut = line.indexOf(" ");
    if (cut > 0) said.set(line.slice(0, cut), [...(said.get(line.slice(0, cut)) ?? []), line.slice(cut + 1).trim()]);
  }
  return said;
}

/** @param said empty: there is no ssh to ask  @param goesTo where ssh goes, if it was asked of another name */
export function fromLines(target: Target, setup: SshSetup, said: SaidLines, goesTo?: string): Resolved {
  const one = (key: string) => said.get(key)?.find((value) => value !== "none" && value !== "");
  const me = userInfo().username;
  const host = goesTo ?? one("hostname") ?? target.host;
  const port = target.port ?? Number(one("port") ?? 22);
  const user = target.user ?? one("user") ?? me;
  const tokens = new Map([
    ["%", "%"],
    ["d", homedir()],
    ["h", host],
    ["n", target.host],
    ["p", String(port)],
    ["r", user],
    ["u", me],
  ]);
  const expand = (value: string) => value.replace(/%(.)/g, (whole, token: string) => tokens.get(token) ?? whole);
  const path = (value: string) => expand(atHome(value));
  const proxyCommand = one("proxycommand");
  const agent = one("identityagent");
  return {
    name: target.host,
    host,
    port,
    user,
    identityFiles: (said.get("identityfile") ?? DEFAULT_KEYS).filter((file) => file !== "none").map(path),
    identitiesOnly: one("identitiesonly") === "yes",
    agentSocket: agentSocket(
      setup,
      said.get("identityagent")?.[0] === "none" ? null : agent === undefined ? undefined : path(agent),
    ),
    jump: one("proxyjump")?.split(",") ?? [],
    proxyCommand: proxyCommand === undefined ? null : expand(proxyCommand),
    knownHosts: setup.knownHosts ?? knownHostsFiles(said).map(path),
    hashKnownHosts: one("hashknownhosts") === "yes",
    hostKeyAlias: one("hostkeyalias") ?? null,
    keepaliveMs: setup.keepaliveMs ?? KEEPALIVE_MS,
    certificateFiles: (said.get("certificatefile") ?? []).filter((file) => file !== "none").map(path),
    gssapi: one("gssapiauthentication") === "yes",
    kexAlgorithms: one("kexalgorithms")?.split(",") ?? [],
  };
}

/** `~` is the launcher's home; `ssh -G` and topologies leave it as it is written. */
export function atHome(path: string): string {
  return path.replace(/^~(?=\/|$)/, homedir());
}

// A dead link is noticed after (5 + 1) · 1 s. A node whose cores are all busy loading weights still answers within that, because
// sshd answers keepalives without a fork; a person does not wait longer to hear that a node is gone.
const KEEPALIVE_MS = 1_000;
export const KEEPALIVE_COUNT = 5;

const DEFAULT_KEYS = ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"];

function knownHostsFiles(said: ReadonlyMap<string, readonly string[]>): string[] {
  const user = said.get("userknownhostsfile")?.[0] ?? "~/.ssh/known_hosts ~/.ssh/known_hosts2";
  const global = said.get("globalknownhostsfile")?.[0] ?? "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2";
  return `${user} ${global}`.split(/\s+/).filter((file) => file !== "none" && file !== "");
}

function agentSocket(setup: SshSetup, configured: string | null | undefined): string | null {
  if (setup.agentSocket !== undefined) return setup.agentSocket;
  if (configured !== undefined && configured !== "SSH_AUTH_SOCK") return configured;
  return process.env["SSH_AUTH_SOCK"] ?? null;
}
