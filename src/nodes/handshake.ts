import type { Duplex } from "node:stream";
import { Client } from "ssh2";
import { UserError } from "../errors.ts";
import { hostKeysOf } from "./host-key.ts";
import { type Identities, identitiesOf } from "./identities.ts";
import type { Hop } from "./route.ts";

// A dead link is noticed after (count + 1) · interval = 6 s. A node whose cores are all busy loading weights still answers
// within that, because sshd answers keepalives without a fork; a person does not wait longer to hear that a node is gone.
const KEEPALIVE_MS = 1_000;
const KEEPALIVE_COUNT = 5;

/** Without group-exchange: checking its prime stops the event loop for a second per handshake (ecosystem.md §1.2). */
const KEX = [
  "curve25519-sha256",
  "curve25519-sha256@libssh.org",
  "ecdh-sha2-nistp256",
  "ecdh-sha2-nistp384",
  "ecdh-sha2-nistp521",
  "diffie-hellman-group14-sha256",
  "diffie-hellman-group16-sha512",
  "diffie-hellman-group18-sha512",
] as const;

/** The server took the connection and dropped it before it said who it is: MaxStartups, or a penalty. Worth another try. */
export class Dropped extends Error {
  override readonly name = "Dropped";
}

/** Logs in over a connected stream. Rejects with a `UserError`, or `Dropped`. The client's later errors end in its `close` event. */
export async function handshake(node: string, hop: Hop, stream: Duplex, signal: AbortSignal): Promise<Client> {
  const identities = await identitiesOf(hop);
  const hostKeys = hostKeysOf(node, hop);
  const client = new Client();
  let refusal: UserError | undefined;
  let keysDone = false;
  let methods: readonly string[] = [];
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      signal.removeEventListener("abort", aborted);
      act();
    };
    const fail = (error: unknown) =>
      settle(() => {
        reject(error);
        client.destroy();
      });
    const aborted = () => fail(signal.reason);
    signal.addEventListener("abort", aborted, { once: true });
    if (signal.aborted) return aborted();
    client.on("handshake", () => {
      keysDone = true;
    });
    client.on("ready", () => settle(() => resolve(client)));
    client.on("close", () =>
      fail(keysDone ? loginRefused(node, hop, "the server closed the connection", identities) : new Dropped("closed")),
    );
    // Stays for the life of the client: a second error without a listener would end the process (ecosystem.md §1.2).
    client.on("error", (error: Error & { level?: string }) => {
      if (refusal !== undefined) return fail(refusal);
      if (error.level === "client-timeout" && !keysDone)
        return fail(silent(node, hop, "the SSH server's greeting and key exchange", performance.now() - began));
      if (error.level === "client-timeout")
        return fail(silent(node, hop, "the SSH server's answer to the login", performance.now() - began));
      if (error.level === "client-authentication")
        return fail(loginRefused(node, hop, refused(identities, methods), identities));
      if (!keysDone && (error.level === "client-socket" || /before handshake/.test(error.message)))
        return fail(new Dropped(error.message));
      fail(loginRefused(node, hop, error.message, identities));
    });
    const attempts = identities.attempts.map(({ method }) => method);
    try {
      client.connect({
        sock: stream,
        username: hop.user,
        readyTimeout: hop.connectTimeoutMs,
        keepaliveInterval: KEEPALIVE_MS,
        keepaliveCountMax: KEEPALIVE_COUNT,
        algorithms: { kex: [...KEX], serverHostKey: hostKeys.algorithms as never },
        hostVerifier: (key: Buffer) => {
          refusal = judged(() => hostKeys.judge(key));
          return refusal === undefined;
        },
        // Keys at once, without the `none` probe: one round trip less.
        authHandler: (left, _partial, next) => {
          methods = left ?? methods;
          const attempt = attempts.shift();
          if (attempt === undefined) return next(false as never); // false ends the login; the types leave it out
          next(attempt);
        },
      });
      client.setNoDelay(true);
    } catch (error) {
      fail(loginRefused(node, hop, error instanceof Error ? error.message : String(error), identities));
    }
  });
}

/** A known_hosts that cannot be written is a refusal too, and it must not be thrown inside ssh2's parser. */
function judged(judge: () => UserError | undefined): UserError | undefined {
  try {
    return judge();
  } catch (error) {
    if (error instanceof UserError) return error;
    return new UserError(
      "file.unreadable",
      { file: "known_hosts", why: error instanceof Error ? error.message : String(error) },
      { cause: error },
    );
  }
}

function refused(identities: Identities, methods: readonly string[]): string {
  if (identities.attempts.length === 0) return "there is no key to offer";
  if (methods.length > 0 && !methods.includes("publickey"))
    return `the server takes no keys, only ${methods.join(", ")}`;
  return `the server accepts none of ${identities.attempts.length === 1 ? "the one key" : `the ${identities.attempts.length} keys`} offered`;
}

function loginRefused(node: string, hop: Hop, why: string, { attempts, notes }: Identities): UserError {
  const offered = [...attempts.map(({ label }) => label), ...notes];
  return new UserError("node.login-refused", { node, address: hop.host, port: hop.port, user: hop.user, why, offered });
}

function silent(node: string, hop: Hop, awaited: string, ms: number): UserError {
  return new UserError("node.silent", { node, address: `${hop.host}:${hop.port}`, awaited, afterMs: Math.round(ms) });
}
