import { UserError } from "../errors.ts";
import { SshConfig } from "./config/ask.ts";
import { openLocal } from "./local.ts";
import { type Reader, reader, whyOpenssh } from "./openssh/choose.ts";
import { Masters } from "./openssh/masters.ts";
import { opensshTransport } from "./openssh/transport.ts";
import { addressOf, type Hop, route } from "./route.ts";
import type { NodeAddress, Session } from "./session.ts";
import { shellSession } from "./shell-session.ts";
import type { SshSetup } from "./ssh-config.ts";
import { sshTransport } from "./ssh-transport.ts";
import { Ways } from "./ways.ts";

/** One session. Rejects with `node.*` errors, or the signal's reason. */
export function openSession(address: NodeAddress, setup: SshSetup, signal: AbortSignal): Promise<Session> {
  return open(address, common(setup), signal);
}

/**
 * A session to every node, at once: bastions are shared, handshakes bounded per server. Never rejects: a node that cannot be
 * reached has its error in the map (after an abort: the signal's reason). In the order of the addresses; the caller closes.
 */
export async function openSessions(
  addresses: readonly NodeAddress[],
  setup: SshSetup,
  signal: AbortSignal,
): Promise<Map<string, Session | Error>> {
  const opening = openEach(addresses, setup, signal);
  return new Map(await Promise.all([...opening].map(async ([node, one]) => [node, await one] as const)));
}

/** The same, but each for itself, for work that need not wait for all. None of the promises rejects. */
export function openEach(
  addresses: readonly NodeAddress[],
  setup: SshSetup,
  signal: AbortSignal,
): Map<string, Promise<Session | Error>> {
  const shared = common(setup);
  const one = async (address: NodeAddress): Promise<Session | Error> => {
    try {
      return await open(address, shared, signal);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  };
  return new Map(addresses.map((address) => [address.node, one(address)]));
}

/** What all sessions of one command share. */
interface Common {
  readonly config: SshConfig;
  readonly ways: Ways;
  readonly masters: Masters;
  readonly textOf: Reader;
}

const common = (setup: SshSetup): Common => ({
  config: new SshConfig(setup),
  ways: new Ways(),
  masters: new Masters(setup),
  textOf: reader(),
});

async function open(address: NodeAddress, shared: Common, signal: AbortSignal): Promise<Session> {
  signal.throwIfAborted();
  const { node, host, ssh } = address;
  if (host === "local") return openLocal(node);
  const { transport = "auto" } = ssh;
  const hops = await route(address, shared.config, signal);
  if (transport === "openssh") return openssh(address, hops, shared, "the topology says so", signal);
  const needed = transport === "auto" ? await whyOpenssh(hops, shared.textOf) : undefined;
  if (needed !== undefined) return openssh(address, hops, shared, needed, signal);
  try {
    const text = addressOf(address);
    const login = await shared.ways.reach(node, hops, signal);
    return shellSession(node, text, sshTransport(node, text, login), { kind: "ssh2" });
  } catch (error) {
    const why = transport === "auto" ? cannotAgree(error) : undefined;
    if (why === undefined) throw error;
    return openssh(address, hops, shared, why, signal);
  }
}

async function openssh(
  address: NodeAddress,
  hops: readonly Hop[],
  { masters }: Common,
  why: string,
  signal: AbortSignal,
): Promise<Session> {
  const text = addressOf(address);
  const login = await masters.reach(address.node, hops, signal);
  return shellSession(address.node, text, opensshTransport(address.node, text, login), { kind: "openssh", why });
}

/** A server that takes only what pdctl's own client does not speak, post-quantum key exchanges for example. */
function cannotAgree(error: unknown): string | undefined {
  if (!(error instanceof UserError)) return undefined;
  const why = "why" in error.facts ? String(error.facts.why) : "";
  return /no matching/i.test(why) ? `pdctl's own client and the server do not agree: ${why}` : undefined;
}
