import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { inspect, readState, stop, writeState } from "../../src/supervise/index.ts";
import { httpServer } from "../nodes/session-contract.ts";
import { lab, never, scripts } from "./lab.ts";
import { isAlive, until } from "./processes.ts";

/** A node for one test, with the look at it that all of them take. */
async function place() {
  const node = await lab();
  return {
    ...node,
    look: (ready = false) => inspect(node.session, { stateDir: node.stateDir, ready }, scripts, never),
    inRun: (...path: string[]) => join(node.stateDir, "runs", ...path),
  };
}

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

it.concurrent("a node without the cluster says so", async () => {
  await using node = await place();
  expect(await node.look()).toMatchObject({
    state: null,
    found: [],
    unreadable: [],
    boot: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

it.concurrent("what is found carries the whole spec, the start, the log's size and the memory", async () => {
  await using node = await place();
  const before = Date.now();
  const spec = node.service("a", {
    note: { port: 8200 },
    listens: [{ port: 8200, purpose: "http", bind: "127.0.0.1" }],
  });
  await node.start({ a: ["bash", "-c", "printf 12345; exec sleep 1000"] }, spec);
  await until(async () => (await node.look()).found[0]?.logBytes === 5);
  const [found] = (await node.look()).found;
  expect(found?.spec).toEqual(spec);
  expect(found).toMatchObject({ state: { state: "alive" }, formerRuns: 0, runDir: node.inRun("1", "a") });
  expect(found?.rssBytes).toBeGreaterThan(500_000);
  expect(found?.state.state === "alive" && found.state.sinceMs).toBeGreaterThanOrEqual(before - 1);
});

it.concurrent("a process that has the engine's old pid by now is not taken for the engine", async () => {
  await using node = await place();
  const [started] = await node.start({ a: ["true"] });
  await until(async () => (await node.look()).found[0]?.state.state === "died");
  rmSync(node.inRun("1", "a", "exit.json"));
  const stranger = { pid: process.pid, start: 1, boot: (await node.look()).boot };
  rewrite(node.inRun("1", "a", "handle.json"), (handle) =>
    Object.assign(handle, { wrapper: stranger, engine: stranger }),
  );
  expect(started?.outcome).toBe("started");
  expect((await node.look()).found[0]?.state).toEqual({ state: "died", exit: null, signal: null, atMs: null });
});

it.concurrent("after a reboot nothing is alive, whatever the pids say", async () => {
  await using node = await place();
  await node.start({ a: ["sleep", "1000"] });
  const path = node.inRun("1", "a", "handle.json");
  const before = readFileSync(path, "utf8");
  rewrite(path, (handle) => {
    for (const id of [handle.wrapper, handle.engine]) id.boot = "00000000-0000-0000-0000-000000000000";
  });
  expect((await node.look()).found[0]?.state).toMatchObject({ state: "died", exit: null });
  writeFileSync(path, before);
  expect((await node.look()).found[0]?.state).toMatchObject({ state: "alive" });
});

it.concurrent("a start that a dying launcher never finished is 'absent', a damaged record is 'unknown', and neither hides the others", async () => {
  await using node = await place();
  await node.start({ a: ["sleep", "1000"], b: ["sleep", "1000"] });
  mkdirSync(node.inRun("1", "c"));
  writeFileSync(node.inRun("1", "c", "spec.json"), JSON.stringify(node.service("c")));
  mkdirSync(node.inRun("1", "d"));
  writeFileSync(node.inRun("1", "d", "spec.json"), "{");
  mkdirSync(node.inRun("1", "e"));
  rmSync(node.inRun("1", "b", "handle.json"));
  const { found, unreadable } = await node.look();
  expect(Object.fromEntries(found.map(({ spec, state }) => [spec.service, state.state]))).toEqual({
    a: "alive",
    b: "unknown",
    c: "absent",
  });
  expect(unreadable.map(({ runDir }) => runDir).sort()).toEqual([node.inRun("1", "d"), node.inRun("1", "e")]);
});

it.concurrent("the newest run of a service counts, and an older one is listed as long as something of it lives", async () => {
  await using node = await place();
  const child = "(setsid bash -c 'echo $$ >\"$PDCTL_RUN_DIR/pid\"; exec sleep 1000' &); exit 1";
  await node.start({ a: ["bash", "-c", child], b: ["true"] });
  await until(async () => (await node.look()).found.every(({ state }) => state.state === "died"));
  mkdirSync(node.inRun("2"));
  for (const service of ["a", "b"]) {
    mkdirSync(node.inRun("2", service));
    writeFileSync(node.inRun("2", service, "spec.json"), JSON.stringify(node.service(service, { generation: 2 })));
  }
  const listed = async () => (await node.look()).found.map(({ spec }) => `${spec.generation}/${spec.service}`).sort();
  expect(await listed()).toEqual(["1/a", "2/a", "2/b"]);
  const orphan = Number(readFileSync(node.inRun("1", "a", "pid"), "utf8"));
  process.kill(orphan, "SIGKILL");
  await until(() => !isAlive(orphan));
  expect(await listed()).toEqual(["2/a", "2/b"]);
});

it.concurrent("who ended by himself and who was told to are told apart, both with exit code 0", async () => {
  await using node = await place();
  const polite = "trap 'exit 0' TERM; while :; do sleep 0.02; done";
  await node.start({ itself: ["bash", "-c", "exit 0"], told: ["bash", "-c", polite] });
  await until(async () => (await node.look()).found.some(({ state }) => state.state === "died"));
  await stop(node.session, { stateDir: node.stateDir, services: ["told"], graceMs: 5_000 }, scripts, never);
  const ends = (await node.look()).found.map(({ spec, state }) => [spec.service, state]);
  expect(Object.fromEntries(ends)).toMatchObject({
    itself: { state: "died", exit: 0, asked: false },
    told: { state: "died", exit: 0, asked: true },
  });
});

it.concurrent("readiness is asked on the node: 200 is ready, anything else and a port that only accepts is not", async () => {
  await using node = await place();
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
  const { found } = await node.look(true);
  expect(Object.fromEntries(found.map(({ spec, ready }) => [spec.service, ready]))).toEqual({
    good: true,
    bad: false,
    mute: false,
    shut: false,
    none: true,
  });
  expect((await node.look()).found.map(({ ready }) => ready)).toEqual(Object.keys(probes).map(() => undefined));
});

it.concurrent("the node's state is written whole, read back, and a foreign file in its place is not believed", async () => {
  await using node = await place();
  const state = { cluster: "demo", owner: "li@build-07", generation: 3 };
  const written = await writeState(node.session, { stateDir: node.stateDir, state }, scripts, never);
  expect(written).toEqual({ schema: 1, ...state, boot: (await node.look()).boot });
  expect(await readState(node.session, { stateDir: node.stateDir }, scripts, never)).toEqual(written);
  expect((await node.look()).state).toEqual(written);
  writeFileSync(`${node.stateDir}/state.json`, '{"schema":7}');
  await expect(readState(node.session, { stateDir: node.stateDir }, scripts, never)).rejects.toMatchObject({
    code: "node.unfit",
  });
  expect(await node.look()).toMatchObject({ state: null, unreadable: [{ runDir: `${node.stateDir}/state.json` }] });
});
