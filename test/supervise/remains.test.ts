import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { basename, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { forget, inspect, remains, start, stop } from "../../src/supervise/index.ts";
import { freePort } from "../nodes/sshd.ts";
import { type Lab, lab, never, scripts } from "./lab.ts";
import { until } from "./processes.ts";

let node: Lab;
beforeEach(async () => {
  node = await lab();
});
afterEach(() => node[Symbol.asyncDispose]());

const at = () => ({ stateDir: node.stateDir });
const nothing = { processes: [], ports: [], sharedMemory: [], files: [], baseline: new Map() };
const end = () => stop(node.session, { ...at(), services: [], graceMs: 2_000 }, scripts, never);
const hold = (name: string, more = "") =>
  `import mmap,os,socket,time; f=os.open('/dev/shm/${name}',os.O_RDWR|os.O_CREAT,0o600); os.ftruncate(f,4096); m=mmap.mmap(f,4096); os.close(f)\n${more}\nprint('held',flush=True); time.sleep(1000)`;

async function held(service: string): Promise<void> {
  await until(
    async () =>
      ((await inspect(node.session, at(), scripts, never)).found.find(({ spec }) => spec.service === service)
        ?.logBytes ?? 0) > 0,
  );
}

it("a running service is seen with its processes and ports; after stop and forget there is nothing, not even a directory", async () => {
  const port = await freePort();
  const name = `psm_pdctl_${process.pid}_a`;
  const scratch = join(node.home, "pdctl-scratch");
  mkdirSync(scratch);
  writeFileSync(join(scratch, "socket"), "");
  const listen = `s=socket.socket(); s.bind(('127.0.0.1',${port})); s.listen()`;
  await node.start(
    { a: ["python3", "-c", hold(name, listen)] },
    { listens: [{ port, purpose: "http", bind: "127.0.0.1" }], scratch: [scratch] },
  );
  await held("a");
  const before = await remains(node.session, at(), scripts, never);
  expect(before).toMatchObject({ ports: [port], sharedMemory: [], files: [scratch, node.stateDir] }); // memory in use is no left-over
  expect(before.processes.map(({ service }) => service)).toEqual(["a", "a"]);
  await expect(forget(node.session, at(), scripts, never)).rejects.toMatchObject({
    code: "node.unfit",
    facts: { why: expect.stringContaining("a (pid") },
  });
  expect(existsSync(node.stateDir)).toBe(true);
  await end();
  expect(existsSync(`/dev/shm/${name}`)).toBe(false);
  expect(await remains(node.session, at(), scripts, never)).toEqual({ ...nothing, files: [scratch, node.stateDir] });
  expect(await forget(node.session, at(), scripts, never)).toEqual([]);
  expect(await remains(node.session, at(), scripts, never)).toEqual(nothing);
  expect(existsSync(scratch)).toBe(false);
  expect(existsSync(node.home) ? readdirSync(node.home) : []).toEqual([]);
  expect(await forget(node.session, at(), scripts, never)).toEqual([]); // twice is fine
});

it("shared memory that an engine left by dying is swept; what a stranger holds, or made before, is not touched", async () => {
  const [ours, theirs, older] = ["x", "y", "z"].map((letter) => `psm_pdctl_${process.pid}_${letter}`);
  writeFileSync(`/dev/shm/${older}`, "");
  await using stranger = await lab();
  await stranger.start({ s: ["python3", "-c", hold(theirs ?? "")] });
  await until(() => existsSync(`/dev/shm/${theirs}`));
  await node.start({ a: ["python3", "-c", hold(ours ?? "", "os.kill(os.getpid(), 9)")] });
  await until(async () => (await inspect(node.session, at(), scripts, never)).found[0]?.state.state === "died");
  expect((await remains(node.session, at(), scripts, never)).sharedMemory).toEqual([`/dev/shm/${ours}`]);
  await end();
  expect([ours, theirs, older].map((name) => existsSync(`/dev/shm/${name}`))).toEqual([false, true, true]);
  await stop(stranger.session, { stateDir: stranger.stateDir, services: [], graceMs: 1_000 }, scripts, never);
  const { rmSync } = await import("node:fs");
  rmSync(`/dev/shm/${older}`);
});

it("a port that somebody else listens on by now is not counted as ours", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  const port = typeof bound === "object" && bound ? bound.port : 0;
  await node.start({ a: ["true"] }, { listens: [{ port, purpose: "http", bind: "127.0.0.1" }] });
  expect((await remains(node.session, at(), scripts, never)).ports).toEqual([]);
  server.close();
});

it("files that were put beside the state directory are listed and removed with it", async () => {
  const content = Buffer.from("{}");
  const sha256 = createHash("sha256").update(content).digest("hex");
  const [path, link] = [join(node.home, "beside", "ucm.yaml"), join(node.home, "ucm.link")];
  const ask = {
    ...at(),
    owner: "me",
    services: [],
    replace: false,
    files: [{ path, link, mode: 0o600, sha256, content }],
  };
  await start(node.session, ask, scripts, never);
  expect(new Set((await remains(node.session, at(), scripts, never)).files)).toEqual(
    new Set([path, node.stateDir, link]),
  );
  expect(await forget(node.session, at(), scripts, never)).toEqual([]);
  expect([path, link].map(existsSync)).toEqual([false, false]);
});

it("forget refuses a directory that is not pdctl's", async () => {
  mkdirSync(join(node.home, "photos", "2026"), { recursive: true });
  await expect(forget(node.session, { stateDir: join(node.home, "photos") }, scripts, never)).rejects.toMatchObject({
    code: "node.command",
  });
  expect(existsSync(join(node.home, "photos", "2026"))).toBe(true);
});

it("what outlived its engine without the mark is found by its session, and ended; of a socket in /tmp nothing stays", async () => {
  const path = `/tmp/pdctl-test-${process.pid}.sock`;
  const bind = `import os,socket,time; s=socket.socket(socket.AF_UNIX); s.bind('${path}'); print('bound',flush=True); time.sleep(1000)`;
  const leaving = "env -i sleep 1000 & exec sleep 0.2"; // no mark, the same session, its parent gone
  await node.start({ bound: ["python3", "-c", bind], escaped: ["bash", "-c", leaving] });
  await held("bound");
  const of = async (service: string) =>
    (await remains(node.session, at(), scripts, never)).processes.filter((one) => one.service === service);
  await until(async () => (await of("escaped")).map(({ command }) => command).join() === "sleep 1000");
  expect(await end()).toEqual(expect.arrayContaining([{ service: "escaped", state: "gone", left: [] }]));
  expect(await of("escaped")).toEqual([]);
  expect(existsSync(path)).toBe(false);
  expect(await forget(node.session, at(), scripts, never)).toEqual([]);
});

it("what a forget that was cut off has left goes with the next one; what another name only begins like stays", async () => {
  await node.start({ a: ["true"] });
  await end();
  const cut = join(node.stateDir, "..", `.gone.${basename(node.stateDir)}.4711`);
  const other = join(node.stateDir, "..", `.gone.${basename(node.stateDir)}.x.4711`);
  for (const path of [cut, other]) mkdirSync(join(path, "runs", "1"), { recursive: true });
  expect(await forget(node.session, at(), scripts, never)).toEqual([]);
  expect([cut, other].map(existsSync)).toEqual([false, true]);
  mkdirSync(cut);
  rmSync(other, { recursive: true });
  expect(await forget(node.session, at(), scripts, never)).toEqual([]); // also where nothing else is
  expect(existsSync(node.home) ? readdirSync(node.home) : []).toEqual([]);
});
