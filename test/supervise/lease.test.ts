import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { inspect, lock, renew } from "../../src/supervise/index.ts";
import { type Lab, lab, never, scripts } from "./lab.ts";
import { aliveWith, isAlive } from "./processes.ts";

let node: Lab;
beforeEach(async () => {
  node = await lab();
});
afterEach(() => node[Symbol.asyncDispose]());

const cluster = () => `lease-${process.pid}`; // its lock is where all locks of this user are
const renewed = (ttlMs?: number | null) =>
  renew(
    node.session,
    { stateDir: node.stateDir, cluster: cluster(), graceMs: 1_000, ...(ttlMs !== undefined && { ttlMs }) },
    scripts,
    never,
  );
const leaseOf = async () => (await inspect(node.session, { stateDir: node.stateDir }, scripts, never)).lease;
const watcher = () => Number(readFileSync(join(node.stateDir, "lease"), "utf8").split("\n")[3]);

it("a run whose lease is over is taken down by the node itself: no process, no file, no watcher is left", {
  timeout: 60_000,
}, async () => {
  await node.start({ a: ["sleep", "1000"], b: ["bash", "-c", "trap '' TERM; while :; do sleep 0.1; done"] });
  await renewed(1_000);
  const pid = watcher();
  await expect.poll(() => existsSync(node.stateDir), { timeout: 40_000 }).toBe(false);
  expect(aliveWith(node.stateDir)).toEqual([]);
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
});

it("every renewal counts from then on, for as long as before where nothing else is said, and one watcher serves all", async () => {
  await node.start({ a: ["sleep", "1000"] });
  await renewed();
  expect(await leaseOf()).toBeUndefined(); // none was asked for
  await renewed(600_000);
  const pid = watcher();
  await renewed(3_600_000);
  expect(await leaseOf()).toMatchObject({ ttlMs: 3_600_000 });
  await renewed();
  expect((await leaseOf())?.leftMs).toBeGreaterThan(3_000_000);
  expect(watcher()).toBe(pid);
  await renewed(null);
  expect(await leaseOf()).toBeUndefined();
  expect(isAlive(pid)).toBe(false);
  expect(aliveWith(node.stateDir)).not.toEqual([]);
});

it("while a launcher holds the lock nothing is taken down, and it counts anew from there", {
  timeout: 60_000,
}, async () => {
  await node.start({ a: ["sleep", "1000"] });
  const holder = { owner: "me@here", verb: "up", since: "2026-11-20T10:00:00Z", pid: 1, run: "abc123" };
  const held = await lock(node.session, { cluster: cluster(), holder }, scripts, never);
  await renewed(1);
  const before = readFileSync(join(node.stateDir, "lease"), "utf8");
  await expect.poll(() => readFileSync(join(node.stateDir, "lease"), "utf8"), { timeout: 10_000 }).not.toBe(before);
  expect(aliveWith(node.stateDir)).not.toEqual([]);
  await held.release();
  await expect.poll(() => existsSync(node.stateDir), { timeout: 40_000 }).toBe(false);
});

it("a watcher whose state is gone leaves by itself", async () => {
  mkdirSync(node.stateDir, { recursive: true });
  await renewed(600_000);
  const pid = watcher();
  rmSync(join(node.stateDir, "lease"));
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
});
