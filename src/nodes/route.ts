import { Bug, UserError } from "../errors.ts";
import type { SshConfig } from "./config/ask.ts";
import type { NodeAddress, SshOptions } from "./session.ts";
import { atHome, type Resolved, type Target } from "./ssh-config.ts";

/** One SSH server on the way to a node. */
export interface Hop extends Resolved {
  /** A key that the topology names: tried before all others. */
  readonly identityFile: string | null;
  readonly hostKeys: NonNullable<SshOptions["hostKeys"]>;
  readonly connectTimeoutMs: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
const DEEPEST = 8; // bastions behind bastions; more is a loop in somebody's ssh_config

/** The hops to a node, outermost first, the node itself last. */
export async function route(
  address: NodeAddress,
  config: SshConfig,
  signal: AbortSignal,
): Promise<readonly [...Hop[], Hop]> {
  const { ssh, node } = address;
  const target = { host: address.host, ...(ssh.user && { user: ssh.user }), ...(ssh.port && { port: ssh.port }) };
  const last = await config.resolve(node, target, signal);
  const bastions: Resolved[] = [];
  let jumps = ssh.jump ?? last.jump;
  while (jumps.length > 0) {
    const asked = await Promise.all(jumps.map((jump) => config.resolve(node, jumpTarget(jump), signal)));
    bastions.unshift(...asked);
    jumps = asked[0]?.jump ?? []; // only the outermost one's own ProxyJump counts, as in ssh
    if (bastions.length > DEEPEST)
      throw new UserError("node.unreachable", {
        node,
        address: address.host,
        afterMs: 0,
        why: `more than ${DEEPEST} jump hosts in a row (${bastions.map((hop) => hop.name).join(", ")}): a loop in ssh_config?`,
      });
  }
  const common = {
    identityFile: ssh.identityFile === undefined ? null : atHome(ssh.identityFile),
    connectTimeoutMs: ssh.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
  };
  const policy = ssh.hostKeys ?? "strict";
  const hop = (resolved: Resolved): Hop => ({ ...resolved, ...common, hostKeys: policy });
  // Pinned keys are the node's own; a bastion is then looked up as usual.
  const bastion = (resolved: Resolved): Hop => ({
    ...hop(resolved),
    hostKeys: typeof policy === "string" ? policy : "strict",
  });
  // A way that the topology names replaces the one of ssh_config.
  const direct = ssh.jump === undefined ? last : { ...last, proxyCommand: null };
  return [...bastions.map(bastion), hop(direct)];
}

/** `user@host:port`, with `[…]` around an IPv6 address and an optional `ssh://` before it. */
function jumpTarget(text: string): Target {
  const match =
    /^(?:ssh:\/\/)?(?:(?<user>.+)@)?(?<host>\[[^\]]+\]|[^:]+|[^:]*(?::[^:]*){2,})(?::(?<port>\d+))?\/?$/.exec(
      text.trim(),
    );
  const host = match?.groups?.["host"]?.replace(/^\[|\]$/g, "");
  if (host === undefined) throw new Bug(`a jump host that topology/ should have refused: ${text}`);
  const { user, port } = match?.groups ?? {};
  return { host, ...(user !== undefined && { user }), ...(port !== undefined && { port: Number(port) }) };
}

/** What a person would type after `ssh`. */
export function addressOf(address: NodeAddress): string {
  const { user, port, jump } = address.ssh;
  const at = user === undefined ? address.host : `${user}@${address.host}`;
  return [
    ...(jump?.length ? ["-J", jump.join(",")] : []),
    ...(port === undefined ? [] : ["-p", String(port)]),
    at,
  ].join(" ");
}
