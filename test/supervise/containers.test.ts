import { spawn } from "node:child_process";
import { copyFileSync, existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openLocal } from "../../src/nodes/index.ts";
import type { RuntimeSpec } from "../../src/supervise/supervise.ts";
import { aloneOn, type Lab, lab } from "./lab.ts";
import { environOf, isAlive, until } from "./processes.ts";

let bin: string;
let node: Lab;
beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), "pdctl-docker-"));
  copyFileSync(new URL("fake-docker.sh", import.meta.url), join(bin, "docker"));
  node = await lab(openLocal("n0", { ...process.env, PATH: `${bin}:${process.env.PATH}` }));
});
afterEach(async () => {
  await node[Symbol.asyncDispose]();
  await rm(bin, { recursive: true, force: true });
});

const pidOf = (name: string) =>
  existsSync(join(bin, "containers", name, "pid"))
    ? Number(readFileSync(join(bin, "containers", name, "pid"), "utf8"))
    : 0;

/** A container that somebody else runs → the process inside. */
async function container(name: string, label: string, ...command: readonly string[]): Promise<number> {
  const [entry = "", ...args] = command;
  spawn(join(bin, "docker"), ["run", "--name", name, "--label", label, "--entrypoint", entry, "vllm/dev", ...args], {
    stdio: "ignore",
  });
  await until(() => pidOf(name) > 0);
  return pidOf(name);
}
const calls = () => readFileSync(join(bin, "containers.calls"), "utf8").split("\n");
const image = (options: readonly string[] = []): RuntimeSpec => ({
  kind: "docker",
  image: "vllm/vllm-openai",
  name: "pdctl-demo-a",
  options,
});
const { begin, end: endWithin, state, log, left } = aloneOn(() => node);
const end = (graceMs = 2_000) => endWithin(graceMs);
const pidSaid = async () => {
  await until(() => /^\d+\n/.test(log()));
  return Number.parseInt(log(), 10);
};

it("a service of an image runs inside, under our name, label and mark, and its container is gone after stop", async () => {
  await begin(image(["--network", "host", "--ipc=host", "--gpus", "all"]), "echo $$; exec sleep 1000\n");
  const pid = await pidSaid();
  expect(environOf(pid)).toEqual(
    expect.arrayContaining(["HOSTNAME=inside", "PDCTL_RUN=demo/1/a", `PDCTL_HOME=${node.stateDir}`, "SPT_NOENV=1"]),
  );
  expect(calls().find((call) => call.startsWith("run"))).toContain(`--label pdctl.home=${node.stateDir} --init`);
  expect(await left()).toContain("docker container pdctl-demo-a");
  expect(await end()).toEqual([{ service: "a", state: "gone", left: [] }]);
  expect(isAlive(pid)).toBe(false);
  expect(await left()).toEqual([node.stateDir]);
});

it("a container whose engine ignores SIGTERM is gone after the grace, and one whose client was killed as well", async () => {
  await begin(image(), "trap '' TERM; echo $$; while :; do sleep 0.1; done\n");
  const pid = await pidSaid();
  const handle = await state();
  if (handle?.state === "alive") process.kill(handle.identity.pid, "SIGKILL"); // docker's client: the container lives on
  await until(async () => (await state())?.state === "died");
  expect(isAlive(pid)).toBe(true);
  expect(await end(300)).toEqual([{ service: "a", state: "gone", left: [] }]);
  expect(isAlive(pid)).toBe(false);
});

it("docker's own refusal is in the log and in the exit status", async () => {
  await begin(image(["--no-such-option"]), "exec sleep 1000\n");
  await until(async () => (await state())?.state === "died");
  expect(await state()).toMatchObject({ exit: 125 });
  expect(log()).toContain("unknown flag: --no-such-option");
});

it("a left-over container of ours makes room, one of somebody else with the same name is not touched", async () => {
  const theirs = await container("pdctl-demo-a", "pdctl.home=/elsewhere", "sleep", "1000");
  await begin(image(), "echo $$; exec sleep 1000\n");
  await until(async () => (await state())?.state === "died");
  expect(log()).toContain("already in use");
  await end();
  expect(isAlive(theirs)).toBe(true);
  process.kill(theirs, "SIGKILL");
  await rm(join(bin, "containers", "pdctl-demo-a"), { recursive: true });
  await container("pdctl-demo-a", `pdctl.home=${node.stateDir}`, "true");
  expect(await begin(image(), "echo $$; exec sleep 1000\n")).toMatchObject([{ outcome: "started" }]);
  await pidSaid();
});

it("a service inside the user's own container ends without ending the container", async () => {
  const dev = await container("dev", "somebody=else", "sleep", "1000");
  await begin({ kind: "docker", container: "dev" }, "trap '' TERM; echo $$; while :; do sleep 0.1; done\n");
  const pid = await pidSaid();
  expect(environOf(pid)).toContain("PDCTL_RUN=demo/1/a");
  expect(await end(300)).toEqual([{ service: "a", state: "gone", left: [] }]);
  expect([isAlive(pid), isAlive(dev)]).toEqual([false, true]);
  process.kill(dev, "SIGKILL");
});

it("a container that is not there, and a tool that is not there, are said before anything runs", async () => {
  expect(await begin({ kind: "docker", container: "dev" }, "exec sleep 1000\n")).toEqual([
    { service: "a", outcome: "failed", why: "container dev: docker: No such container: dev" },
  ]);
  expect(await state()).toEqual({ state: "absent" });
  await node[Symbol.asyncDispose]();
  node = await lab(openLocal("n0", { ...process.env, PATH: await withoutPodman() }));
  expect(await begin({ kind: "podman", container: "dev" }, "exec sleep 1000\n")).toEqual([
    { service: "a", outcome: "failed", why: "there is no podman on this node" },
  ]);
  expect(await state()).toEqual({ state: "absent" });
});

/** A PATH with all that this machine has but podman. */
async function withoutPodman(): Promise<string> {
  const others = join(bin, "others");
  await mkdir(others);
  for (const directory of (process.env["PATH"] ?? "").split(":").filter((one) => existsSync(one)))
    for (const name of readdirSync(directory))
      if (name !== "podman" && !existsSync(join(others, name))) symlinkSync(join(directory, name), join(others, name));
  return others;
}
