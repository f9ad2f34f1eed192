import type { Duplex } from "node:stream";
import { Client } from "ssh2";
import { UserError } from "../errors.ts";
import { onAbort } from "./abort.ts";
import { SshConfig } from "./config/ask.ts";
import { KEX } from "./handshake.ts";
import { hostKeysOf, keepHostKey } from "./host-key.ts";
import { fingerprint, keyType } from "./known-hosts.ts";
import { type Hop, route } from "./route.ts";
import type { NodeAddress, SeenKey } from "./session.ts";
import type { SshSetup } from "./ssh-config.ts";
import { Ways } from "./ways.ts";

/**
 * The host key of every node, or of the bastion that is not known yet, without a login. In the order of the addresses; a node
 * that cannot be reached has its error. `host: local` has no key and is left out.
 */
export async function lookAtHostKeys(
  addresses: readonly NodeAddress[],
  setup: SshSetup,
  signal: AbortSignal,
): Promise<Map<string, SeenKey | Error>> {
  const ways = new Ways();
  const config = new SshConfig(setup);
  const remote = addresses.filter(({ host }) => host !== "local");
  const seen = remote.map(async (address): Promise<[string, SeenKey | Error]> => {
    try {
      return [address.node, await look(address.node, await route(address, config, signal), ways, signal)];
    } catch (error) {
      return [address.node, error instanceof Error ? error : new Error(String(error))];
    }
  });
  return new Map(await Promise.all(seen));
}

async function look(node: string, hops: readonly [...Hop[], Hop], ways: Ways, signal: AbortSignal): Promise<SeenKey> {
  for (const at of hops.keys()) {
    const way = hops.slice(0, at + 1);
    const hop = way.at(-1);
    if (hop === undefined) break;
    const bastion = at < hops.length - 1;
    const key = await ways.through(node, way, signal, (stream) => offered(node, hop, stream, signal));
    const seen = judged(bastion ? hop.name : node, hop, key, bastion);
    if (!bastion || seen.standing !== "known") return seen;
  }
  throw new RangeError("a way has at least one hop");
}

function judged(name: string, hop: Hop, key: Buffer, bastion: boolean): SeenKey {
  const strict = hop.hostKeys === "accept-new" ? { ...hop, hostKeys: "strict" as const } : hop;
  const refusal = hostKeysOf(name, strict).judge(key)?.facts;
  const changed = refusal !== undefined && "where" in refusal && "offered" in refusal ? refusal : undefined;
  return {
    name,
    address: `${hop.host}:${hop.port}`,
    type: keyType(key),
    fingerprint: fingerprint(key),
    bastion,
    standing: changed !== undefined ? "changed" : refusal === undefined ? "known" : "unknown",
    ...(changed !== undefined && { known: changed.known, where: changed.where }),
    keep: () => keepHostKey(hop, key),
  };
}

/** The key that a server shows, and no login. That it has the other half too is proven by each login after it. */
function offered(node: string, hop: Hop, stream: Duplex, signal: AbortSignal): Promise<Buffer> {
  const client = new Client();
  return new Promise((resolve, reject) => {
    const leave = (settle: () => void) => {
      takeBack();
      settle();
      client.destroy();
      stream.destroy();
    };
    const fail = (why: string) =>
      leave(() =>
        reject(new UserError("node.unreachable", { node, address: `${hop.host}:${hop.port}`, afterMs: 0, why })),
      );
    const takeBack = onAbort(signal, () => queueMicrotask(() => leave(() => reject(signal.reason))));
    client.on("error", (error) => fail(error.message));
    client.on("close", () => fail("the server closed the connection before it showed its key"));
    client.connect({
      sock: stream,
      username: hop.user,
      readyTimeout: hop.connectTimeoutMs,
      algorithms: { kex: [...KEX], serverHostKey: [...hostKeysOf(node, hop).algorithms] },
      hostVerifier: (key: Buffer) => {
        leave(() => resolve(key));
        return false;
      },
    });
  });
}
