import { readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openLocal } from "../../src/nodes/index.ts";
import type { RuntimeSpec } from "../../src/supervise/supervise.ts";
import { aloneOn, type Lab, lab } from "../supervise/lab.ts";
import { aliveWith, environOf, isAlive, until } from "../supervise/processes.ts";
import { type Engine, has, IMAGE, startDocker, startPodman } from "./daemon.ts";

/** What pdctl asks of a container tool, asked of the real ones. Each is left out, by name, where it is not installed. */
describe.each([
  ["docker", "dockerd", startDocker],
  ["podman", "podman", startPodman],
] as const)("%s", (tool, program, begin) => {
  const there = has(program);
  let engine: Engine;
  let node: Lab;
  beforeAll(async () => {
    if (there) engine = await begin();
  }, 120_000);
  afterAll(() => engine?.[Symbol.asyncDispose](), 60_000);
  beforeEach(async ({ skip }) => {
    skip(!there, `there is no ${program} here`);
    node = await lab(openLocal("n0", { ...process.env, PATH: `${engine.bin}:${process.env["PATH"]}` }));
  });
  afterEach(() => node?.[Symbol.asyncDispose]());

  const image = (options: readonly string[] = ["--network", "host", "--ipc", "host", "--init"]): RuntimeSpec => ({
    kind: tool,
    image: IMAGE,
    name: "pdctl-demo-a",
    options,
  });
  const { begin: started, end: endWithin, state, log, left } = aloneOn(() => node);
  const end = (graceMs = 10_000) => endWithin(graceMs);
  /** The process inside that carries the mark, by the host's own number. */
  const inside = async (): Promise<number> => {
    let pids: readonly number[] = [];
    await until(() => {
      pids = markedSleeps(node.stateDir);
      return pids.length > 0;
    }, 20_000);
    return pids[0] ?? 0;
  };

  it("runs an engine inside, seen from the host by its mark, and its container is gone after stop", async () => {
    expect(await started(image(), "exec sleep 1000\n")).toMatchObject([{ outcome: "started" }]);
    const pid = await inside();
    expect(environOf(pid)).toEqual(expect.arrayContaining(["PDCTL_RUN=demo/1/a", `PDCTL_HOME=${node.stateDir}`]));
    expect(await engine.ask("ps", "--format", "{{.Names}}")).toContain("pdctl-demo-a");
    expect(await left()).toContain(`${tool} container pdctl-demo-a`);
    expect(await end()).toEqual([{ service: "a", state: "gone", left: [] }]);
    expect(isAlive(pid)).toBe(false);
    expect(await engine.ask("ps", "-a", "--format", "{{.Names}}")).not.toContain("pdctl-demo-a");
  }, 60_000);

  it("ends one that ignores SIGTERM, and one whose client was killed", async () => {
    await started(image(), "trap '' TERM; while :; do sleep 1000; done\n");
    const pid = await inside();
    const handle = await state();
    if (handle?.state === "alive") process.kill(handle.identity.pid, "SIGKILL");
    await until(async () => (await state())?.state === "died", 20_000);
    expect(isAlive(pid)).toBe(true);
    expect(await end(500)).toEqual([{ service: "a", state: "gone", left: [] }]);
    expect(isAlive(pid)).toBe(false);
  }, 60_000);

  it("has the tool's own refusal in the log and in the exit status", async () => {
    await started(image(["--no-such-option"]), "exec sleep 1000\n");
    await until(async () => (await state())?.state === "died", 20_000);
    expect(await state()).toMatchObject({ exit: 125 });
    expect(log()).toContain("unknown flag: --no-such-option");
  }, 60_000);

  it("starts anew over its own left-over, and leaves another's container of that name alone", async () => {
    await engine.ask(
      "run",
      "-d",
      "--name",
      "pdctl-demo-a",
      "--label",
      "pdctl.home=/elsewhere",
      "--entrypoint",
      "sleep",
      "--network",
      "host",
      IMAGE,
      "1000",
    );
    await started(image(), "exec sleep 1000\n");
    await until(async () => (await state())?.state === "died", 20_000);
    expect(log()).toMatch(/already in use/);
    await end();
    expect(await engine.ask("inspect", "-f", "{{.State.Running}}", "pdctl-demo-a")).toBe("true\n");
    await engine.ask("rm", "-f", "pdctl-demo-a");
    await engine.ask(
      "run",
      "--name",
      "pdctl-demo-a",
      "--label",
      `pdctl.home=${node.stateDir}`,
      "--entrypoint",
      "test",
      "--network",
      "host",
      IMAGE,
      "a",
    );
    expect(await started(image(), "exec sleep 1000\n")).toMatchObject([{ outcome: "started" }]);
    await inside();
    expect(await end()).toEqual([{ service: "a", state: "gone", left: [] }]);
  }, 60_000);

  it("enters a container that runs already, and ends only what it brought", async () => {
    await engine.ask(
      "run",
      "-d",
      "--name",
      "dev",
      "-v",
      `${node.home}:${node.home}`,
      "--network",
      "host",
      "--entrypoint",
      "sleep",
      IMAGE,
      "2000",
    );
    expect(
      await started({ kind: tool, container: "dev" }, "trap '' TERM; while :; do sleep 1000; done\n"),
    ).toMatchObject([{ outcome: "started" }]);
    const pid = await inside();
    expect(await end(500)).toEqual([{ service: "a", state: "gone", left: [] }]);
    expect(isAlive(pid)).toBe(false);
    expect(await engine.ask("inspect", "-f", "{{.State.Running}}", "dev")).toBe("true\n");
    await engine.ask("rm", "-f", "dev");
  }, 60_000);

  it("tells whether this machine lets it lift the limit of locked memory", async () => {
    await started(image(["--network", "host", "--ulimit", "memlock=-1"]), "exec sleep 1000\n");
    await until(async () => (await state())?.state === "died" || markedSleeps(node.stateDir).length > 0, 20_000);
    if ((await state())?.state === "died") expect(log()).toMatch(/rlimit|RLIMIT|setrlimit/); // no CAP_SYS_RESOURCE here
    await end();
  }, 60_000);
});

/** Living processes called sleep with the mark of this state directory, by the host's numbers. */
const markedSleeps = (stateDir: string): readonly number[] =>
  aliveWith(stateDir).filter((pid) => nameOf(pid) === "sleep");

function nameOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return undefined; // it ended between two looks
  }
}
