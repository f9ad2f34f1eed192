import { createHash, randomBytes } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { start, stop } from "../../src/supervise/index.ts";
import type { NodeFile, StartAsk } from "../../src/supervise/supervise.ts";
import { type Lab, lab, never, scripts } from "./lab.ts";
import { aliveWith, environOf, until } from "./processes.ts";

let node: Lab;
beforeEach(async () => {
  node = await lab();
});
afterEach(() => node[Symbol.asyncDispose]());

const ask = (more: Partial<StartAsk>): StartAsk => ({
  stateDir: node.stateDir,
  owner: "me",
  files: [],
  services: [],
  replace: false,
  ...more,
});
const file = (content: Buffer, more: Partial<NodeFile> = {}): NodeFile => {
  const sha256 = createHash("sha256").update(content).digest("hex");
  return { path: `${node.stateDir}/files/${sha256}`, mode: 0o600, sha256, content, ...more };
};
const runDir = (service: string) => `${node.stateDir}/runs/1/${service}`;

it("two launchers that start the same thing at the same moment start it once", async () => {
  const both = await Promise.all([node.start({ a: ["sleep", "1000"] }), node.start({ a: ["sleep", "1000"] })]);
  expect(
    both
      .flat()
      .map(({ outcome }) => outcome)
      .sort(),
  ).toEqual(["kept", "started"]);
  expect(aliveWith(node.stateDir)).toHaveLength(2); // the wrapper and the engine
});

it("a launcher that dies at any moment of a start can be run again: each service runs once, and stop ends all of them", async () => {
  const services = ["a", "b", "c"].map((name) => ({
    spec: node.service(name),
    launch: "exec sleep 1000\n",
    secrets: {},
  }));
  for (const afterMs of [10, 25, 40, 55, 70, 85, 100, 130]) {
    await Promise.allSettled([start(node.session, ask({ services }), scripts, AbortSignal.timeout(afterMs))]); // most are cut off
    if (afterMs % 2 === 0)
      await stop(node.session, { stateDir: node.stateDir, services: ["b"], graceMs: 1_000 }, scripts, never);
  }
  const outcomes = await start(node.session, ask({ services }), scripts, never);
  expect(outcomes.every(({ outcome }) => outcome === "started" || outcome === "kept")).toBe(true);
  const engines = aliveWith(node.stateDir).filter((pid) => text(`/proc/${pid}/cmdline`).startsWith("sleep"));
  expect(engines).toHaveLength(3);
  const stopped = await stop(node.session, { stateDir: node.stateDir, services: [], graceMs: 1_000 }, scripts, never);
  expect(stopped.map(({ state }) => state)).toEqual(["gone", "gone", "gone"]);
  expect(aliveWith(node.stateDir)).toEqual([]);
});

it("an engine gets its mark, a clean set of descriptors, its own session, and hears Ctrl-C's signal", async () => {
  const python =
    "import os,signal,sys; fds=sorted(os.listdir('/proc/self/fd')); print(fds[:4], os.getsid(0)==os.getppid(), os.readlink('/proc/self/fd/0'), signal.getsignal(signal.SIGINT) is signal.default_int_handler, oct(os.umask(0)), flush=True)";
  await node.start({ a: ["python3", "-c", python] });
  await until(() => existsSync(join(runDir("a"), "exit.json")));
  const umask = `0o${process.umask().toString(8)}`;
  expect(readFileSync(join(runDir("a"), "log"), "utf8")).toBe(`['0', '1', '2', '3'] True /dev/null True ${umask}\n`); // 3 is listdir's own
  await node.start({ b: ["sleep", "1000"] });
  const environ = aliveWith(node.stateDir)
    .map(environOf)
    .filter((entries) => entries.length > 0) // one of the wrapper's own forks has ended between the two looks
    .map((entries) => new Set(entries.filter((entry) => /^(PDCTL_|SPT_)/.test(entry))));
  const expected = new Set([
    `PDCTL_HOME=${node.stateDir}`,
    "PDCTL_RUN=demo/1/b",
    `PDCTL_RUN_DIR=${runDir("b")}`,
    "SPT_NOENV=1",
  ]);
  expect(environ.length).toBeGreaterThanOrEqual(2); // the wrapper and the engine
  for (const one of environ) expect(one).toEqual(expected);
});

it("a secret reaches its own engine and nothing else: no argument, no other process, and no file once the engine has it", async () => {
  const secret = `s3cret ' "$HOME" ${randomBytes(8).toString("hex")}`;
  const launch = 'set -a; . "$PDCTL_RUN_DIR/secrets"; set +a\nexec sleep 1000\n';
  const services = [
    { spec: node.service("a"), launch, secrets: { HF_TOKEN: secret } },
    { spec: node.service("b"), launch: "exec sleep 1000\n", secrets: {} },
  ];
  await start(node.session, ask({ services }), scripts, never);
  await until(() => !existsSync(join(runDir("a"), "secrets")));
  const holders = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => `${environOf(Number(pid)).join("\0")}${text(`/proc/${pid}/cmdline`)}`.includes(secret));
  const engine = JSON.parse(text(join(runDir("a"), "handle.json"))).engine.pid;
  expect(holders).toEqual([String(engine)]);
  expect(environOf(engine)).toContain(`HF_TOKEN=${secret}`);
  for (const path of readdirSync(node.stateDir, { recursive: true, encoding: "utf8" }))
    expect(text(join(node.stateDir, path))).not.toContain(secret);
});

it("a secrets file is readable by its owner only while the launch script has not read it", async () => {
  const launch =
    'until [[ -e $PDCTL_RUN_DIR/go ]]; do sleep 0.02; done; . "$PDCTL_RUN_DIR/secrets"; echo "$TOKEN"; exec sleep 1000\n';
  await start(
    node.session,
    ask({ services: [{ spec: node.service("a"), launch, secrets: { TOKEN: "it's" } }] }),
    scripts,
    never,
  );
  expect(statSync(join(runDir("a"), "secrets")).mode & 0o777).toBe(0o600);
  writeFileSync(join(runDir("a"), "go"), "");
  await until(() => text(join(runDir("a"), "log")) === "it's\n");
  await until(() => !existsSync(join(runDir("a"), "secrets")));
});

it("files land whole, private and under their digest; links change in one step; the log and spec are private", async () => {
  const link = `${node.stateDir}/proxy.json`;
  const [one, two] = [file(Buffer.from("one\0\n"), { link }), file(Buffer.from("two"), { link, mode: 0o755 })];
  await start(node.session, ask({ files: [one] }), scripts, never);
  expect([readFileSync(one.path), statSync(one.path).mode & 0o777, readlinkSync(link)]).toEqual([
    one.content,
    0o600,
    one.path,
  ]);
  await start(node.session, ask({ files: [two] }), scripts, never);
  expect([readFileSync(link, "utf8"), statSync(two.path).mode & 0o777, lstatSync(link).isSymbolicLink()]).toEqual([
    "two",
    0o755,
    true,
  ]);
  expect(existsSync(one.path)).toBe(true); // a living process may still read it
  await node.start({ a: ["sleep", "1000"] });
  for (const name of ["spec.json", "launch.sh", "log", "handle.json"])
    expect(statSync(join(runDir("a"), name)).mode & 0o777).toBe(0o600);
});

it("a big program travels once", async () => {
  const content = randomBytes(200_000);
  const launcherPath = join(node.home, "program");
  writeFileSync(launcherPath, content);
  const big = file(content, { content: { launcherPath, bytes: content.length }, mode: 0o700 });
  await start(node.session, ask({ files: [big] }), scripts, never);
  const { ino, mtimeMs } = statSync(big.path);
  writeFileSync(launcherPath, "not needed any more");
  await start(node.session, ask({ files: [big] }), scripts, never);
  expect(statSync(big.path)).toMatchObject({ ino, mtimeMs });
});

it("a file that arrives damaged is refused and leaves no half of it under its name", async () => {
  const wrong = { ...file(Buffer.from("what was meant")), content: Buffer.from("what came") };
  await expect(start(node.session, ask({ files: [wrong] }), scripts, never)).rejects.toMatchObject({
    code: "node.command",
    facts: { node: "n0", stderr: expect.stringContaining("damaged") },
  });
  expect(readdirSync(`${node.stateDir}/files`)).toEqual([]);
});

it("a state directory that cannot be written is said, and nothing is started", async () => {
  writeFileSync(`${node.home}/demo`, "a file where a directory belongs");
  await expect(node.start({ a: ["sleep", "1000"] })).rejects.toMatchObject({
    code: "node.command",
    facts: { command: "start" },
  });
  expect(aliveWith(node.stateDir)).toEqual([]);
});

it("a launch script of 200 kB and a spec with every kind of character arrive as they were", async () => {
  const note = { text: 'it\'s "$HOME" `id` \\ \u00e9 \u{1f600}\n\t!' };
  const launch = `${"# a long comment\n".repeat(12_000)}exec sleep 1000\n`;
  await start(
    node.session,
    ask({ services: [{ spec: node.service("a", { note }), launch, secrets: {} }] }),
    scripts,
    never,
  );
  expect(text(join(runDir("a"), "launch.sh"))).toBe(launch);
  expect(JSON.parse(text(join(runDir("a"), "spec.json"))).note).toEqual(note);
});

function text(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // a directory, or a process that ended
  }
}
