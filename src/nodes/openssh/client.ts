import { quote } from "../../quote.ts";
import type { Hop } from "../route.ts";
import { KEEPALIVE_COUNT, type SshSetup } from "../ssh-config.ts";

/** The program, and what it is told in every call: nothing is asked of a person, nothing of the user's own forwarding is set up. */
const QUIET = ["-T", "-e", "none", "-o", "BatchMode=yes"];

/** Arguments of the `ssh` that logs in and keeps the control socket. Everything else the user's ssh_config says itself. */
export function masterArguments(hop: Hop, setup: SshSetup, { socket, knownHosts, via }: MasterFiles): string[] {
  const options: Record<string, string> = {
    ControlMaster: "yes",
    ControlPath: quoted(socket),
    ControlPersist: "no",
    ConnectTimeout: String(Math.ceil(hop.connectTimeoutMs / 1000)),
    ServerAliveInterval: String(Math.max(1, Math.round(hop.keepaliveMs / 1000))),
    ServerAliveCountMax: String(KEEPALIVE_COUNT),
    StrictHostKeyChecking: hop.hostKeys === "accept-new" ? "accept-new" : "yes",
    UpdateHostKeys: "no",
    RemoteCommand: "none",
    PermitLocalCommand: "no",
    ClearAllForwardings: "yes",
    ForwardAgent: "no",
    ForwardX11: "no",
    ...(hop.identityFile !== null && { IdentityFile: quoted(hop.identityFile) }),
    ...(knownHosts !== undefined && {
      UserKnownHostsFile: knownHosts.map(quoted).join(" "),
      GlobalKnownHostsFile: "none",
      VerifyHostKeyDNS: "no", // a signed record would stand in for a key that is in none of these files
    }),
    ...(via === undefined
      ? hop.proxyCommand === null && { ProxyCommand: "none" }
      : { ProxyCommand: ["ssh", ...clientArguments(via), "-W", "[%h]:%p", "bastion"].map(word).join(" ") }),
  };
  return [
    ...(setup.configFile === undefined ? [] : ["-F", setup.configFile]),
    "-v", // what it says on the way is where the reason of a refusal stands
    ...QUIET,
    ...Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]),
    ...["-p", String(hop.port), "-l", hop.user, "--", hop.name],
  ];
}

export interface MasterFiles {
  readonly socket: string;
  /** Instead of the files of ssh_config. */
  readonly knownHosts: readonly string[] | undefined;
  /** Control socket of the bastion before this hop. */
  readonly via: string | undefined;
}

/** Arguments of an `ssh` that speaks through a control socket; without the socket it fails instead of logging in by itself. */
export function clientArguments(socket: string): string[] {
  return [
    "-F",
    "none",
    ...QUIET,
    "-o",
    "ControlMaster=no",
    "-o",
    `ControlPath=${quoted(socket)}`,
    "-o",
    "ProxyCommand=false",
  ];
}

/** A value of ssh_config that may hold blanks and quotes. */
const quoted = (path: string) => (/[\s'"\\]/.test(path) ? `"${path.replace(/["\\]/g, "\\$&")}"` : path);

/** A word of a ProxyCommand, which a shell reads after ssh has replaced its own tokens. */
const word = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : quote(text));
