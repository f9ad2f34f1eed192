import { openLocal } from "./local.ts";
import { addressOf, route } from "./route.ts";
import type { NodeAddress, Session } from "./session.ts";
import { shellSession } from "./shell-session.ts";
import { Slots } from "./slots.ts";
import type { SshSetup } from "./ssh-config.ts";
import { sshTransport } from "./ssh-transport.ts";
import { Ways } from "./ways.ts";

const CONFIGS = 16; // `ssh -G` at once: a process each

/** One session. Rejects with `node.*` errors, or the signal's reason. */
export function openSession(address: NodeAddress, setup: SshSetup, signal: AbortSignal): Promise<Session> {
  return open(address, setup, new Ways(), new Slots(1), signal);
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
  const ways = new Ways();
  const asking = new Slots(CONFIGS);
  const entries = addresses.map(async (address): Promise<[string, Session | Error]> => {
    try {
      return [address.node, await open(address, setup, ways, asking, signal)];
    } catch (error) {
      return [address.node, error instanceof Error ? error : new Error(String(error))];
    }
  });
  return new Map(await Promise.all(entries));
}

async function open(
  address: NodeAddress,
  setup: SshSetup,
  ways: Ways,
  asking: Slots,
  signal: AbortSignal,
): Promise<Session> {
  signal.throwIfAborted();
  if (address.host === "local") return openLocal(address.node);
  const answered = await asking.take(signal);
  const hops = await route(address, setup, signal).finally(answered);
  const login = await ways.reach(address.node, hops, signal);
  const text = addressOf(address);
  return shellSession(address.node, text, sshTransport(address.node, text, login));
}
