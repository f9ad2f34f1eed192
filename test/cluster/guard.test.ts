import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { guarded } from "../../src/cluster/fleet/guard.ts";
import type { Run } from "../../src/cluster/run/run.ts";
import { lock, stop } from "../../src/supervise/index.ts";
import { type Lab, lab, never, scripts } from "../supervise/lab.ts";
import { aliveWith } from "../supervise/processes.ts";

let node: Lab;
const stateHome = mkdtempSync(join(tmpdir(), "pdctl-guard-"));
beforeAll(async () => {
  node = await lab();
});
afterAll(async () => {
  await node[Symbol.asyncDispose]();
  rmSync(stateHome, { recursive: true });
});

const cluster = `guard-${process.pid}`; // its lock is where all locks of this user are
const run = { id: "run001", owner: "me@here", stateHome } as Run;
const warrant = { cluster, verb: "down", plan: "7c41e09b" };
const ending = () =>
  stop(guarded(node.session, warrant, run), { stateDir: node.stateDir, services: ["a"], graceMs: 0 }, scripts, never);

it("a change without the lock is refused and nothing happens; with it, it happens; both have their line", async () => {
  await node.start({ a: ["sleep", "1000"] });
  await expect(ending()).rejects.toMatchObject({ code: "lock.lost", facts: { node: "n0", change: "stop a" } });
  expect(aliveWith(node.stateDir)).not.toEqual([]);
  const holder = { owner: run.owner, verb: "down", since: "2026-11-20T10:00:00Z", pid: 1, run: run.id };
  const held = await lock(node.session, { cluster, holder }, scripts, never);
  expect(await ending()).toEqual([{ service: "a", state: "gone", left: [] }]);
  await held.release();
  const here = readFileSync(join(stateHome, cluster, "audit.log"), "utf8")
    .trim()
    .split("\n");
  const line = { run: "run001", who: "me@here", verb: "down", plan: "7c41e09b", does: "stop", what: ["a"] };
  expect(here.map((one) => JSON.parse(one))).toMatchObject([
    { ...line, cluster, node: "n0", result: "fenced", at: expect.stringMatching(/^\d{4}-/) },
    { ...line, result: "done" },
  ]);
  const there = readFileSync(join(node.stateDir, "audit"), "utf8").trim().split("\n");
  expect(there.map((one) => JSON.parse(one))).toMatchObject([
    { ...line, exit: 97 },
    { ...line, exit: 0 },
  ]);
});
