import { writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { onNodes, openEach, openSession, openSessions } from "../../src/nodes/index.ts";
import type { NodeAddress, Session, SshOptions } from "../../src/nodes/session.ts";
import type { SshSetup } from "../../src/nodes/ssh-config.ts";
import { freePort, type Sshd, startSshd } from "./sshd.ts";

const never = new AbortController().signal;
let sshd: Sshd;
let bastion: Sshd;
let setup: SshSetup;
beforeAll(async () => {
  [sshd, bastion] = await Promise.all([startSshd(), startSshd()]);
  const configFile = join(sshd.dir, "config-of-the-user");
  // The bastion's own key is in the user's configuration, as is usual.
  writeFileSync(
    configFile,
    `Host bastion\n HostName 127.0.0.1\n Port ${bastion.port}\n IdentityFile ${bastion.key}\nHost inside\n HostName 127.0.0.1\n Port ${sshd.port}\n ProxyJump bastion\n`,
  );
  setup = { configFile, knownHosts: [sshd.knownHosts, bastion.knownHosts], agentSocket: null };
});
afterAll(async () => {
  await sshd[Symbol.asyncDispose]();
  await bastion[Symbol.asyncDispose]();
});

const address = (node: string, ssh: SshOptions = {}, host = "127.0.0.1"): NodeAddress => ({
  node,
  host,
  ssh: { identityFile: sshd.key, ...ssh },
});
const hello = async (session: Session) =>
  (
    await session.call({ script: 'printf "hello %s" "$SSH_CONNECTION"', values: {}, deadlineMs: 5_000, signal: never })
  ).stdout.toString();

it("says that nothing listens, at once", async () => {
  const port = await freePort();
  await expect(openSession(address("a2-1", { port }), setup, never)).rejects.toMatchObject({
    code: "node.unreachable",
    facts: { node: "a2-1", address: `127.0.0.1:${port}`, why: expect.stringContaining("refused") },
  });
});

it("says that a node which accepts the connection never spoke", async () => {
  await using mute = await tcp(() => undefined);
  await expect(
    openSession(address("a2-1", { port: mute.port, connectTimeoutMs: 300 }), setup, never),
  ).rejects.toMatchObject({
    code: "node.silent",
    facts: { node: "a2-1", awaited: "the SSH server's greeting and key exchange" },
  });
});

it("says that what listens is no SSH server", async () => {
  await using web = await tcp((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const open = openSession(address("a2-1", { port: web.port, connectTimeoutMs: 1_000 }), setup, never);
  await expect(open).rejects.toMatchObject({
    code: "node.login-refused",
    facts: { why: 'what listens there is no SSH server: it says "HTTP/1.1 400 Bad Request"' },
  });
});

it("goes through a jump host of the topology or of ssh_config, and logs in there once for all nodes", async () => {
  const before = logins(bastion);
  const jump = ["bastion"];
  const addresses = [
    address("n0", { port: sshd.port, jump }),
    address("n1", { port: sshd.port, jump }),
    address("n2", {}, "inside"),
    address("n3", {}, "inside"),
  ];
  const sessions = await openSessions(addresses, setup, never);
  const outcomes = await onNodes(sessions, hello, never);
  expect(outcomes).toMatchObject(
    ["n0", "n1", "n2", "n3"].map((node) => ({ node, ok: true, value: expect.stringMatching(/^hello 127/) })),
  );
  expect(logins(bastion) - before).toBe(1);
  await Promise.all([...sessions.values()].map((session) => !(session instanceof Error) && session.close()));
});

it("works on a node as soon as that one is there, while another does not say a word", async () => {
  await using mute = await tcp(() => undefined);
  const enough = new AbortController();
  const ways = [address("n0", { port: mute.port, connectTimeoutMs: 600_000 }), address("n1", { port: sshd.port })];
  const work = async (session: Session) => {
    const said = await hello(session);
    await session.close();
    enough.abort(new Error("nobody waits for n0 any more"));
    return said;
  };
  const outcomes = await onNodes(openEach(ways, setup, enough.signal), work, enough.signal);
  expect(outcomes).toMatchObject([
    { node: "n0", ok: false, error: { message: "nobody waits for n0 any more" } },
    { node: "n1", ok: true, value: expect.stringMatching(/^hello 127/) },
  ]);
});

it("goes through a ProxyCommand of ssh_config, and tells its words when it fails", async () => {
  const configFile = join(sshd.dir, "proxied");
  const relay =
    "let s=require('net').connect(+process.argv[2],process.argv[1]); process.stdin.pipe(s).pipe(process.stdout)";
  writeFileSync(
    configFile,
    `Host good\n HostName 127.0.0.1\n Port ${sshd.port}\n ProxyCommand ${process.execPath} -e "${relay}" %h %p\nHost bad\n HostName 127.0.0.1\n ProxyCommand sh -c 'echo no such tunnel >&2; exit 9'\n`,
  );
  const session = await openSession(address("n0", {}, "good"), { ...setup, configFile }, never);
  expect(await hello(session)).toMatch(/^hello 127/);
  await session.close();
  await expect(openSession(address("n0", {}, "bad"), { ...setup, configFile }, never)).rejects.toMatchObject({
    code: "node.unreachable",
    facts: { node: "n0", why: "its ProxyCommand ended with 9: no such tunnel" },
  });
});

it("tells every node's story when the jump host cannot be logged in to, or cannot reach the node", async () => {
  const port = await freePort();
  const outside = await openSessions([address("n0", { port, jump: ["bastion"] })], setup, never);
  expect(outside.get("n0")).toMatchObject({
    code: "node.unreachable",
    facts: { node: "n0", address: `127.0.0.1:${port}`, why: expect.stringContaining("jump host") },
  });
  const jump = [`nobody@127.0.0.1:${bastion.port}`];
  const refused = await openSessions(
    [address("n0", { port: sshd.port, jump }), address("n1", { port: sshd.port, jump })],
    setup,
    never,
  );
  expect([...refused.values()]).toMatchObject(
    ["n0", "n1"].map((node) => ({ code: "node.login-refused", facts: { node, port: bastion.port, user: "nobody" } })),
  );
});

it("gets in everywhere although the server drops handshakes by chance", async () => {
  await using strict = await startSshd(["MaxStartups 2:50:6"]);
  const addresses = Array.from({ length: 16 }, (_, n) =>
    address(`n${n}`, { port: strict.port, identityFile: strict.key }),
  );
  const sessions = await openSessions(addresses, { ...setup, knownHosts: [strict.knownHosts] }, never);
  const outcomes = await onNodes(sessions, hello, never);
  expect(outcomes.filter(({ ok }) => !ok)).toEqual([]);
  expect(strict.log()).toMatch(/MaxStartups/); // it did drop some
  await Promise.all([...sessions.values()].map((session) => !(session instanceof Error) && session.close()));
});

it("never has so many handshakes under way with one server that it drops some", async () => {
  let now = 0;
  let most = 0;
  await using mute = await tcp((socket) => {
    most = Math.max(most, ++now);
    socket.once("close", () => now--);
  });
  const addresses = Array.from({ length: 20 }, (_, n) => address(`n${n}`, { port: mute.port, connectTimeoutMs: 200 }));
  const sessions = await openSessions(addresses, setup, never);
  expect([...sessions.values()].every((error) => error instanceof Error)).toBe(true);
  expect(most).toBeGreaterThan(4);
  expect(most).toBeLessThan(10); // where sshd begins to drop; one that we just left may still count there
});

it("keeps every node's answer or error, in order, and gives up on all when the user interrupts", async () => {
  const port = await freePort();
  const sessions = await openSessions(
    [address("down", { port }), { node: "here", host: "local", ssh: {} }],
    setup,
    never,
  );
  const outcomes = await onNodes(sessions, hello, never);
  expect(outcomes).toMatchObject([
    { node: "down", ok: false, error: { code: "node.unreachable" } },
    { node: "here", ok: true, value: expect.stringMatching(/^hello/) },
  ]);
  const user = new AbortController();
  const reason = new Error("Ctrl-C");
  user.abort(reason);
  expect([...(await openSessions([address("n0", { port: sshd.port })], setup, user.signal)).values()]).toEqual([
    reason,
  ]);
});

function logins({ log }: Sshd): number {
  return log().match(/Accepted publickey/g)?.length ?? 0;
}

async function tcp(greet: (socket: Socket) => void): Promise<AsyncDisposable & { port: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined); // the other side's leaving is the point
    socket.resume();
    greet(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound ? bound.port : 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
