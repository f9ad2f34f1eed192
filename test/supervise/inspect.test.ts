import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { inspect, readState, writeState } from "../../src/supervise/index.ts";
import { httpServer } from "../nodes/session-contract.ts";
import { type Lab, lab, never, scripts } from "./lab.ts";
import { isAlive, until } from "./processes.ts";

let node: Lab;
beforeEach(async () => {
  node = await lab();
});
afterEach(() => node[Symbol.asyncDispose]());

const look = (ready = false) => inspect(node.session, { stateDir: node.stateDir, ready }, scripts, never);
const inRun = (...path: string[]) => join(node.stateDir, "runs", ...path);
function rewrite(path: string, change: (handle: { wrapper: Id; engine: Id }) => void): void {
  const handle = JSON.parse(readFileSync(path, "utf8"));
  change(handle);
  writeFileSync(path, `${JSON.stringify(handle)}\n`);
}
interface Id {
  pid: number;
  start: number;
  boot: string;
}

it("a node without the cluster says so", async () => {
  expect(await look()).toMatchObject({
    state: null,
    found: [],
    unreadable: [],
    boot: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

it("what is found carries the whole spec, the start, the log's size and the memory", async () => {
  const before = Date.now();
  const spec = node.service("a", {
    note: { port: 8200 },
    listens: [{ port: 8200, purpose: "http", bind: "127.0.0.1" }],
  });
  await node.start({ a: ["bash", "-c", "printf 12345; exec sleep 1000"] }, spec);
  await until(async () => (await look()).found[0]?.logBytes === 5);
  const [found] = (await look()).found;
  expect(found?.spec).toEqual(spec);
  expect(found).toMatchObject({ state: { state: "alive" }, formerRuns: 0, runDir: inRun("1", "a") });
  expect(found?.rssBytes).toBeGreaterThan(500_000);
  expect(found?.state.state === "alive" && found.state.sinceMs).toBeGreaterThanOrEqual(before - 1);
});

it("a process that has the engine's old pid by now is not taken for the engine", async () => {
  const [started] = await node.start({ a: ["true"] });
  await until(async () => (await look()).found[0]?.state.state === "died");
  rmSync(inRun("1", "a", "exit.json"));
  const stranger = { pid: process.pid, start: 1, boot: (await look()).boot };
  rewrite(inRun("1", "a", "handle.json"), (handle) => Object.assign(handle, { wrapper: stranger, engine: stranger }));
  expect(started?.outcome).toBe("started");
  expect((await look()).found[0]?.state).toEqual({ state: "died", exit: null, signal: null, atMs: null });
});

it("after a reboot nothing is alive, whatever the pids say", async () => {
  await node.start({ a: ["sleep", "1000"] });
  const path = inRun("1", "a", "handle.json");
  const before = readFileSync(path, "utf8");
  rewrite(path, (handle) => {
    for (const id of [handle.wrapper, handle.engine]) id.boot = "00000000-0000-0000-0000-000000000000";
  });
  expect((await look()).found[0]?.state).toMatchObject({ state: "died", exit: null });
  writeFileSync(path, before);
  expect((await look()).found[0]?.state).toMatchObject({ state: "alive" });
});

it("a start that a dying launcher never finished is 'absent', a damaged record is 'unknown', and neither hides the others", async () => {
  await node.start({ a: ["sleep", "1000"], b: ["sleep", "1000"] });
  mkdirSync(inRun("1", "c"));
  writeFileSync(inRun("1", "c", "spec.json"), JSON.stringify(node.service("c")));
  mkdirSync(inRun("1", "d"));
  writeFileSync(inRun("1", "d", "spec.json"), "{");
  mkdirSync(inRun("1", "e"));
  rmSync(inRun("1", "b", "handle.json"));
  const { found, unreadable } = await look();
  expect(Object.fromEntries(found.map(({ spec, state }) => [spec.service, state.state]))).toEqual({
    a: "alive",
    b: "unknown",
    c: "absent",
  });
  expect(unreadable.map(({ runDir }) => runDir).sort()).toEqual([inRun("1", "d"), inRun("1", "e")]);
});

it("the newest run of a service counts, and an older one is listed as long as something of it lives", async () => {
  const child = "(setsid bash -c 'echo $$ >\"$PDCTL_RUN_DIR/pid\"; exec sleep 1000' &); exit 1";
  await node.start({ a: ["bash", "-c", child], b: ["true"] });
  await until(async () => (await look()).found.every(({ state }) => state.state === "died"));
  mkdirSync(inRun("2"));
  for (const service of ["a", "b"]) {
    mkdirSync(inRun("2", service));
    writeFileSync(inRun("2", service, "spec.json"), JSON.stringify(node.service(service, { generation: 2 })));
  }
  const listed = async () => (await look()).found.map(({ spec }) => `${spec.generation}/${spec.service}`).sort();
  expect(await listed()).toEqual(["1/a", "2/a", "2/b"]);
  const orphan = Number(readFileSync(inRun("1", "a", "pid"), "utf8"));
  process.kill(orphan, "SIGKILL");
  await until(() => !isAlive(orphan));
  expect(await listed()).toEqual(["2/a", "2/b"]);
});

it("readiness is asked on the node: 200 is ready, anything else and a port that only accepts is not", async () => {
  await using good = await httpServer((_, response) => response.end("ok"));
  await using bad = await httpServer((_, response) => response.writeHead(503).end());
  await using mute = await httpServer(() => undefined);
  const http = (port: number) => ({ kind: "http" as const, host: "127.0.0.1", port, path: "/health?a=1&b='2'" });
  const tcp = (port: number) => ({ kind: "tcp" as const, host: "127.0.0.1", port });
  const probes = {
    good: [http(good.port), tcp(bad.port), { kind: "alive" as const }],
    bad: [http(bad.port)],
    mute: [tcp(mute.port), http(mute.port)],
    shut: [tcp(1)],
    none: [],
  };
  for (const [service, ready] of Object.entries(probes)) await node.start({ [service]: ["sleep", "1000"] }, { ready });
  const { found } = await look(true);
  expect(Object.fromEntries(found.map(({ spec, ready }) => [spec.service, ready]))).toEqual({
    good: true,
    bad: false,
    mute: false,
    shut: false,
    none: true,
  });
  expect((await look()).found.map(({ ready }) => ready)).toEqual(Object.keys(probes).map(() => undefined));
});

it("the node's state is written whole, read back, and a foreign file in its place is not believed", async () => {
  const state = { cluster: "demo", owner: "li@build-07", generation: 3 };
  const written = await writeState(node.session, { stateDir: node.stateDir, state }, scripts, never);
  expect(written).toEqual({ schema: 1, ...state, boot: (await look()).boot });
  expect(await readState(node.session, { stateDir: node.stateDir }, scripts, never)).toEqual(written);
  expect((await look()).state).toEqual(written);
  writeFileSync(`${node.stateDir}/state.json`, '{"schema":7}');
  await expect(readState(node.session, { stateDir: node.stateDir }, scripts, never)).rejects.toMatchObject({
    code: "node.unfit",
  });
  expect(await look()).toMatchObject({ state: null, unreadable: [{ runDir: `${node.stateDir}/state.json` }] });
});
