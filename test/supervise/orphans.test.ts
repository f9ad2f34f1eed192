import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { end, type MarkedProcess, traces, writeState } from "../../src/supervise/index.ts";
import { freePort } from "../nodes/sshd.ts";
import { type Lab, lab, never, scripts } from "./lab.ts";
import { aliveWith, environOf, isAlive, until } from "./processes.ts";

const ELSEWHERE = ["unshare", "--user", "--map-root-user", "--net"];
const canUnshare = spawnSync("unshare", [...ELSEWHERE.slice(1), "true"]).status === 0;
const commandOf = (pid: number) => readFileSync(`/proc/${pid}/comm`, "utf8").trim();

let node: Lab;
beforeEach(async () => {
  node = await lab();
});
afterEach(() => node[Symbol.asyncDispose]());

const look = (ports: readonly number[] = []) => traces(node.session, { ports, pids: [process.pid] }, scripts, never);
const mine = ({ processes }: Awaited<ReturnType<typeof traces>>) =>
  processes.filter(({ stateDir }) => stateDir === node.stateDir);
const ended = (processes: readonly MarkedProcess[]) =>
  end(node.session, { processes, graceMs: 300, stateDir: node.stateDir }, scripts, never);

it("every marked process is told with its identity and the state that it names, also when that state is gone", async () => {
  const port = await freePort();
  const listen = `import socket,time; s=socket.socket(); s.bind(('127.0.0.1',${port})); s.listen(); time.sleep(1000)`;
  await node.start({ a: ["python3", "-c", listen], b: ["sleep", "1000"] });
  const state = { cluster: "demo", owner: "me@here", generation: 1, planned: ["a"] };
  await writeState(node.session, { stateDir: node.stateDir, state }, scripts, never);
  await until(async () => (await look([port])).listening.length > 0);
  const seen = await look([port]);
  expect(mine(seen).map(({ service, own, generation }) => [service, own, generation])).toEqual(
    expect.arrayContaining([
      ["a", true, 1],
      ["b", true, 1],
    ]),
  );
  expect(seen.states).toEqual(
    expect.arrayContaining([{ stateDir: node.stateDir, state: expect.objectContaining({ owner: "me@here" }) }]),
  );
  expect(
    seen.runs
      .filter(({ stateDir }) => stateDir === node.stateDir)
      .map(({ service, life }) => [service, life])
      .sort(),
  ).toEqual([
    ["a", "alive"],
    ["b", "alive"],
  ]);
  expect(seen.listening).toMatchObject([
    { port, pid: expect.any(Number), command: expect.stringContaining("python3") },
  ]);
  expect(seen.holders).toMatchObject([{ pid: process.pid }]);
  rmSync(join(node.stateDir), { recursive: true });
  const gone = await look();
  expect(mine(gone).length).toBeGreaterThan(1);
  expect(gone.states.some(({ stateDir }) => stateDir === node.stateDir)).toBe(false);
  expect(await ended(mine(gone))).toEqual([]);
  expect(aliveWith(node.stateDir)).toEqual([]);
});

it.skipIf(!canUnshare)("what has a network and a state of its own belongs to another machine", async () => {
  const gone = join(node.stateDir, "gone");
  const started = (command: readonly string[]) => {
    const [file = "", ...args] = command;
    return spawn(file, args, { env: { ...process.env, PDCTL_HOME: gone, PDCTL_RUN: "demo/1/a" } });
  };
  const [here, elsewhere] = [started(["sleep", "1000"]), started([...ELSEWHERE, "sleep", "1000"])];
  const pids = async () => (await look()).processes.filter(({ stateDir }) => stateDir === gone).map(({ pid }) => pid);
  try {
    await until(() => elsewhere.pid !== undefined && commandOf(elsewhere.pid) === "sleep"); // its network is its own by then
    expect(await pids()).toEqual([here.pid]);
  } finally {
    here.kill();
    elsewhere.kill();
  }
});

it("only who still is who it was is ended, one that ignores TERM too, and its shared memory goes with it", async () => {
  const shm = `/dev/shm/psm_pdctl_${process.pid}_o`;
  const stubborn = `import mmap,os,signal,time; signal.signal(signal.SIGTERM,signal.SIG_IGN); f=os.open('${shm}',os.O_RDWR|os.O_CREAT,0o600); os.ftruncate(f,4096); m=mmap.mmap(f,4096); os.close(f); time.sleep(1000)`;
  await node.start({ a: ["python3", "-c", stubborn], b: ["sleep", "1000"] });
  await until(() => existsSync(shm));
  const all = mine(await look());
  const strangers = all.filter(({ service }) => service === "b").map((one) => ({ ...one, start: one.start + 1 })); // a pid that came again
  expect(await ended([...all.filter(({ service }) => service === "a"), ...strangers])).toEqual([]);
  expect(existsSync(shm)).toBe(false);
  const left = mine(await look());
  expect(new Set(left.map(({ service }) => service))).toEqual(new Set(["b"]));
  expect(left.every(({ pid }) => isAlive(pid))).toBe(true);
});

it("who does not carry the mark is not ended, whatever is asked", async () => {
  await node.start({ a: ["sleep", "1000"] });
  const [marked] = mine(await look());
  if (!marked) throw new Error("nothing was started");
  const stranger = spawn("sleep", ["1000"]);
  try {
    const pid = stranger.pid ?? 0;
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const start = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
    expect(await ended([{ ...marked, pid, start }])).toEqual([]);
    expect(isAlive(pid)).toBe(true);
  } finally {
    stranger.kill("SIGKILL");
  }
});

it("the directory that a plan names for sockets goes with its process, another one that the user has named stays", async () => {
  const own = `/tmp/pdctl-test-${process.pid}-sockets`;
  const theirs = join(node.home, "pdctl-data", "shared");
  const upward = `${own}/../${basename(node.home)}-data`;
  for (const directory of [own, theirs, upward]) mkdirSync(directory, { recursive: true });
  try {
    const base = (directory: string) => ["env", `VLLM_RPC_BASE_PATH=${directory}`, "sleep", "1000"];
    await node.start({ a: base(own), b: base(theirs), c: base(upward) });
    await until(
      () => aliveWith(node.stateDir).filter((pid) => environOf(pid).some((one) => /^VLLM_RPC/.test(one))).length === 3,
    );
    expect(await ended(mine(await look()))).toEqual([]);
    expect([own, theirs, resolve(upward)].map(existsSync)).toEqual([false, true, true]);
  } finally {
    for (const directory of [own, resolve(upward)]) rmSync(directory, { recursive: true, force: true });
  }
});
