import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, it } from "vitest";
import { openSession } from "../../src/nodes/index.ts";
import type { Session } from "../../src/nodes/session.ts";
import { inspect, lock, start, stop } from "../../src/supervise/index.ts";
import { script } from "../../src/supervise/scripts.ts";
import type { Holder } from "../../src/supervise/supervise.ts";
import { drain } from "../nodes/session-contract.ts";
import { startSshd } from "../nodes/sshd.ts";
import { type Lab, lab, never, scripts } from "./lab.ts";

const sshd = await startSshd();
afterAll(() => sshd[Symbol.asyncDispose]());
let node: Lab;
beforeEach(async () => {
  node = await lab();
});
afterEach(() => node[Symbol.asyncDispose]());

const overSsh = () =>
  openSession(
    { node: "n0", host: "127.0.0.1", ssh: { port: sshd.port, identityFile: sshd.key, hostKeys: [sshd.hostKey] } },
    { agentSocket: null },
    never,
  );
const directory = () => join(node.home, "locks");
const holder: Omit<Holder, "run"> = {
  owner: "li@build-07",
  verb: "up",
  since: "2026-11-20T10:00:00Z",
  pid: 20117,
  link: "https://ci.example.org/job/4711",
};
const ids = Array.from({ length: 100 }, (_, n) => `run${n}`)[Symbol.iterator]();
const take = (more: Partial<Parameters<typeof lock>[1]> = {}, session = node.session, signal = never) =>
  lock(
    session,
    {
      cluster: "demo",
      directory: directory(),
      ...more,
      holder: { run: ids.next().value ?? "", ...(more.holder ?? holder) },
    },
    scripts,
    signal,
  );

it("who comes second hears who was first, with all that the first one said of itself", async () => {
  const first = await take();
  await expect(take({ holder: { ...holder, run: "other0", verb: "down" } })).rejects.toMatchObject({
    code: "lock.held",
    facts: {
      node: "n0",
      holder: "li@build-07",
      verb: "up",
      since: holder.since,
      pid: 20117,
      link: holder.link,
      silentMs: expect.any(Number),
      heldMs: expect.any(Number),
      wants: "down",
    },
  });
  await first.release();
  const second = await take();
  await second.release();
  expect(existsSync(directory())).toBe(false); // nothing is left of a lock that nobody holds
});

it("other clusters and other nodes' directories do not wait for each other", async () => {
  const locks = await Promise.all([take(), take({ cluster: "other" })]);
  await Promise.all(locks.map(({ release }) => release()));
});

it("of ten that come at once exactly one gets it", async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => take()));
  const won = outcomes.filter((outcome) => outcome.status === "fulfilled");
  expect(won).toHaveLength(1);
  expect(
    outcomes.filter((outcome) => outcome.status === "rejected" && outcome.reason.code === "lock.held"),
  ).toHaveLength(9);
  await won[0]?.value.release();
});

it("who waits is told for whom, and gets it when the holder leaves", async () => {
  const first = await take();
  const waitedFor: Holder[] = [];
  const second = await take({
    holder: { ...holder, owner: "me", run: "other0" },
    waitMs: 10_000,
    onWait: (one) => waitedFor.push(one.holder) && void first.release(),
  });
  expect(waitedFor[0]).toMatchObject(holder);
  expect(readFileSync(join(directory(), "demo.lock"), "utf8")).toMatch(/^\{"run":"other0".*"owner":"me"/);
  await second.release();
});

it("who is tired of waiting leaves with the user's reason, or at the end of the wait", async () => {
  const first = await take();
  const user = new AbortController();
  const reason = new Error("Ctrl-C");
  await expect(take({ waitMs: 60_000, onWait: () => user.abort(reason) }, node.session, user.signal)).rejects.toBe(
    reason,
  );
  await expect(take({ waitMs: 300 })).rejects.toMatchObject({ code: "lock.held" });
  await first.release();
});

it("the lock goes with its holder's connection, and the holder hears of it", async () => {
  const session = await overSsh();
  const pid = Number(
    (await session.call({ script: 'printf "$PPID"', values: {}, deadlineMs: 5_000, signal: never })).stdout.toString(),
  );
  const held = await take({}, session);
  process.kill(pid, "SIGKILL");
  expect(await held.lost).toMatchObject({ code: "node.lost" });
  const next = await take({ waitMs: 5_000 });
  await next.release();
  await session.close();
});

it("the lock is free when its holder has been silent for longer than the lease", async () => {
  const values = {
    PD_DIR: directory(),
    PD_NAME: "demo",
    PD_WAIT_MS: "0",
    PD_HOLDER: JSON.stringify(holder),
    PD_LEASE_S: "0",
  };
  const silent = node.session.stream({ script: script(scripts, "proc", "gate", "lock"), values, signal: never });
  expect((await drain(silent)).toString()).toBe("locked\n");
  await (await take()).release();
});

it("services that are started under the lock do not inherit it", async () => {
  const held = await take({ holder: { ...holder, run: "start0" } });
  const services = [{ spec: node.service("a"), launch: "exec sleep 1000\n", secrets: {} }];
  const ask = { stateDir: node.stateDir, owner: "me@here", files: [], replace: false, services };
  expect(await start(under("start0"), ask, scripts, never)).toMatchObject([{ service: "a", outcome: "started" }]);
  await held.release();
  await (await take()).release();
  expect(existsSync(directory())).toBe(false);
});

it("a directory that somebody else put there is refused, an old lock file is taken over", async () => {
  mkdirSync(directory(), { mode: 0o700 });
  writeFileSync(join(directory(), "demo.lock"), "{}");
  await (await take()).release();
  const link = join(node.home, "link");
  const { symlinkSync } = await import("node:fs");
  symlinkSync(node.home, link);
  await expect(take({ directory: link })).rejects.toMatchObject({
    code: "node.unfit",
    facts: { why: expect.stringContaining(link) },
  });
});

const under = (run: string, changes: readonly string[] = ["stop"]): Session => {
  const values = {
    PD_DIR: directory(),
    PD_NAME: "demo",
    PD_FENCE: run,
    PD_AUDIT: JSON.stringify({ run, changes }).slice(0, -1),
  };
  return { ...node.session, call: (ask) => node.session.call({ ...ask, values: { ...values, ...ask.values } }) };
};
const nothing = () => ({ stateDir: node.stateDir, services: ["a"], graceMs: 0 });

it("a run that does not hold the lock any more can change nothing, and what it did is written down with its end", async () => {
  const first = await take({ holder: { ...holder, run: "first0" } });
  await node.start({ a: ["sleep", "1000"] });
  expect(await stop(under("first0"), nothing(), scripts, never)).toEqual([{ service: "a", state: "gone", left: [] }]);
  await first.release();
  await node.start({ a: ["sleep", "1000"] });
  await expect(stop(under("first0"), nothing(), scripts, never)).rejects.toMatchObject({ facts: { exit: 97 } }); // nobody has it
  const second = await take({ holder: { ...holder, run: "second" } });
  await expect(stop(under("first0"), nothing(), scripts, never)).rejects.toMatchObject({ facts: { exit: 97 } });
  const { found } = await inspect(node.session, { stateDir: node.stateDir }, scripts, never);
  expect(found.map(({ state }) => state.state)).toEqual(["alive"]);
  await second.release();
  const lines = readFileSync(join(node.stateDir, "audit"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { run: "first0", changes: ["stop"], from: "", at: expect.any(Number), exit: 0 },
    { run: "first0", exit: 97 },
    { run: "first0", exit: 97 },
  ]);
});

it("who comes next waits for a change that its former holder has begun", async () => {
  const stubborn = ["bash", "-c", "trap '' TERM; while :; do sleep 0.1; done"];
  await node.start({ a: stubborn });
  const session = await overSsh();
  const first = await take({ holder: { ...holder, run: "first0" } }, session);
  const stopping = stop(under("first0"), { ...nothing(), graceMs: 1_500 }, scripts, never);
  await expect.poll(() => existsSync(join(node.stateDir, "runs/1/a/asked")), { timeout: 10_000 }).toBe(true);
  await first.release();
  const over = stopping.then(() => "stopped");
  const next = await take({ waitMs: 10_000, holder: { ...holder, run: "second" } });
  expect(await Promise.race([over, "still stopping"])).toBe("stopped");
  await next.release();
  expect(existsSync(directory())).toBe(false);
  await session.close();
});

it("two names of one node are one lock for the run that has it", async () => {
  const same = { ...holder, run: "same00" };
  const first = await take({ holder: same });
  const second = await take({ holder: same, shared: true });
  await second.release();
  await expect(take({ holder: same })).rejects.toMatchObject({ code: "lock.held" }); // after a loss the former one is about to go
  await expect(take()).rejects.toMatchObject({ code: "lock.held" });
  await first.release();
});
