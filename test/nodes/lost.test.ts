import { readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openSession, openSessions } from "../../src/nodes/index.ts";
import type { Session } from "../../src/nodes/session.ts";
import { drain } from "./session-contract.ts";
import { type Sshd, startSshd } from "./sshd.ts";

const never = new AbortController().signal;
let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd[Symbol.asyncDispose]());

function open(port = sshd.port, server = sshd, keepaliveMs = 1_000): Promise<Session> {
  const ssh = { port, identityFile: server.key, hostKeys: [server.hostKey] };
  return openSession({ node: "a2-1", host: "127.0.0.1", ssh }, { agentSocket: null, keepaliveMs }, never);
}
const call = (session: Session, script: string, deadlineMs = 20_000) =>
  session.call({ script, values: {}, deadlineMs, signal: never });

it("when the node's sshd dies, every call says that the connection is lost, and none that it succeeded", async () => {
  const session = await open();
  const pid = Number((await call(session, 'printf "$PPID"')).stdout.toString());
  const waiting = call(session, "sleep 30");
  const reading = drain(session.stream({ script: "printf x; cat", values: {}, signal: never }));
  const outcomes = Promise.allSettled([waiting, reading]);
  process.kill(pid, "SIGKILL");
  const lost = { code: "node.lost", facts: { node: "a2-1" } };
  expect(await outcomes).toMatchObject([
    { status: "rejected", reason: lost },
    { status: "rejected", reason: lost },
  ]);
  expect(await session.lost).toMatchObject(lost);
  await expect(call(session, "true")).rejects.toMatchObject(lost);
  await expect(session.connect("127.0.0.1", 1, never)).rejects.toMatchObject(lost);
  await session.close();
});

it("when the link goes silent, that is noticed within seconds without anybody asking", async () => {
  await using link = await relayTo(sshd.port);
  const session = await open(link.port, sshd, 100); // asks ten times as often as usual
  expect((await call(session, "printf here")).stdout.toString()).toBe("here");
  link.freeze();
  const since = performance.now();
  expect(await session.lost).toMatchObject({ code: "node.lost", facts: { why: "it does not answer any more" } });
  expect(performance.now() - since).toBeLessThan(3_000);
  await session.close();
});

it("when the jump host goes, every session through it is lost", async () => {
  await using bastion = await startSshd();
  const configFile = join(sshd.dir, "config");
  writeFileSync(configFile, `Host bastion\n HostName 127.0.0.1\n Port ${bastion.port}\n IdentityFile ${bastion.key}\n`);
  const ssh = { port: sshd.port, identityFile: sshd.key, jump: ["bastion"] };
  const setup = { configFile, knownHosts: [sshd.knownHosts, bastion.knownHosts], agentSocket: null };
  const sessions = await openSessions(
    ["n0", "n1"].map((node) => ({ node, host: "127.0.0.1", ssh })),
    setup,
    never,
  );
  const open = [...sessions.values()].filter((session): session is Session => !(session instanceof Error));
  expect(open).toHaveLength(2);
  const waiting = open.map((session) => call(session, "sleep 30").catch((error: unknown) => error));
  for (const pid of childrenOf(bastion.pid)) process.kill(pid, "SIGKILL");
  const lost = ["n0", "n1"].map((node) => ({ code: "node.lost", facts: { node } }));
  expect(await Promise.all(open.map((session) => session.lost))).toMatchObject(lost);
  expect(await Promise.all(waiting)).toMatchObject(lost);
  await Promise.all(open.map((session) => session.close()));
});

it("a session that we close is not lost, and its calls end", async () => {
  const session = await open();
  const waiting = call(session, "sleep 30");
  await Promise.all([
    session.close(),
    expect(waiting).rejects.toMatchObject({ code: "node.lost", facts: { why: "closed by pdctl" } }),
  ]);
  expect(await Promise.race([session.lost, Promise.resolve("not lost")])).toBe("not lost");
});

it("start-up files that print, trace and define functions do no harm", async () => {
  const rc = join(sshd.dir, "loud-rc");
  await using loud = await startSshd([`SetEnv BASH_ENV=${rc} SHLVL=5 SHELLOPTS=braceexpand:xtrace`]);
  writeFileSync(
    rc,
    'printf "noise\\0\\n\\nrun 1 5\\nhello"; echo on stderr >&2\nset -x\nhead() { echo a trap; }\nexport -f head\nalias printf=false\n',
  );
  const session = await open(loud.port, loud);
  const answer = await session.call({
    script: "printf answer; printf error >&2; cat",
    values: {},
    input: Buffer.from("!"),
    deadlineMs: 5_000,
    signal: never,
  });
  expect([answer.exit, answer.stdout.toString(), answer.stderr]).toEqual([0, "answer!", "error"]);
  await session.close();
});

it("a start-up file that eats what we send is a failure, not an empty success; one that never comes back is the suspect", async () => {
  const rc = join(sshd.dir, "rc");
  await using bad = await startSshd([`SetEnv BASH_ENV=${rc} SHLVL=5`]);
  const session = await open(bad.port, bad);
  writeFileSync(rc, "read -r line\n");
  await expect(call(session, "printf x")).rejects.toMatchObject({
    code: "node.unfit",
    facts: { why: expect.stringContaining("stdin") },
  });
  writeFileSync(rc, "sleep 30\n");
  await expect(call(session, "printf x", 500)).rejects.toMatchObject({
    code: "node.silent",
    facts: { awaited: expect.stringContaining("start-up file") },
  });
  await session.close();
});

/** The processes that serve a running sshd's connections. */
function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
}

/** A link that can go silent without breaking, as a pulled cable does. */
async function relayTo(port: number): Promise<AsyncDisposable & { port: number; freeze(): void }> {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on("error", () => undefined); // ends with the test
    sockets.push(near, far);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound ? bound.port : 0,
    freeze: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
