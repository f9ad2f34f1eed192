import type { Duplex } from "node:stream";
import { Client, type KexAlgorithm } from "ssh2";
import { onAbort } from "./abort.ts";
import { hostKeysOf, type KnownFiles } from "./host-key.ts";
import type { Identities } from "./identities.ts";
import { Login } from "./login.ts";
import type { Hop } from "./route.ts";
import { leaveOtherKeys, signAtOnce } from "./short-cuts.ts";
import { KEEPALIVE_COUNT } from "./ssh-config.ts";

/** Without group-exchange: checking its prime stops the event loop for a second per handshake (ecosystem.md §1.2). */
export const KEX: readonly KexAlgorithm[] = [
  "curve25519-sha256",
  "curve25519-sha256@libssh.org",
  "ecdh-sha2-nistp256",
  "ecdh-sha2-nistp384",
  "ecdh-sha2-nistp521",
  "diffie-hellman-group14-sha256",
  "diffie-hellman-group16-sha512",
  "diffie-hellman-group18-sha512",
];

/** Those that the user's ssh_config allows, in its order. None of them: only where the topology insists on this client. */
function kexOf({ kexAlgorithms }: Hop): KexAlgorithm[] {
  const allowed = kexAlgorithms.flatMap((name) => KEX.find((one) => one === name) ?? []);
  return allowed.length === 0 ? [...KEX] : allowed;
}

/** Logs in over a connected stream. Rejects with a `UserError`, or `Dropped`. The client's later errors end in its `close` event. */
export async function handshake(
  node: string,
  hop: Hop,
  stream: Duplex,
  identities: Identities,
  known: KnownFiles,
  signal: AbortSignal,
): Promise<Client> {
  const hostKeys = hostKeysOf(node, hop, known);
  const login = new Login(node, hop, identities);
  const client = new Client();
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      takeBack();
      reject(error);
      client.destroy();
      stream.destroy();
    };
    const takeBack = onAbort(signal, () => queueMicrotask(() => fail(signal.reason)));
    client.on("handshake", () => {
      login.keysAgreed();
      leaveOtherKeys(client);
    });
    client.on("ready", () => {
      takeBack();
      resolve(client);
    });
    client.on("close", () => fail(login.closed()));
    // Stays for the life of the client: a second error without a listener would end the process (ecosystem.md §1.2).
    client.on("error", (error: Error & { level?: string }) => fail(login.failed(error)));
    const attempts = identities.attempts.map(({ method }) => method);
    try {
      client.connect({
        sock: stream,
        username: hop.user,
        readyTimeout: hop.connectTimeoutMs,
        keepaliveInterval: hop.keepaliveMs,
        keepaliveCountMax: KEEPALIVE_COUNT,
        algorithms: { kex: kexOf(hop), serverHostKey: [...hostKeys.algorithms] },
        hostVerifier: (key: Buffer) => login.takes(() => hostKeys.judge(key)),
        // Keys at once, without the `none` probe: one round trip less.
        authHandler: (left, partial, next) => {
          login.methodsLeft(left, partial);
          next(attempts.shift() ?? (false as never)); // false ends the login; the types leave it out
        },
      });
      signAtOnce(client);
      client.setNoDelay(true);
      login.listenTo(stream);
    } catch (error) {
      fail(login.failed(error instanceof Error ? error : new Error(String(error))));
    }
  });
}
