import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Host } from "../hosts/host.ts";
import type { Choices } from "../hosts/one-p-one-d.ts";
import type { Case, Stage } from "./case.ts";

const decode = (faults: Readonly<Record<string, unknown>>): Choices => ({ faults: { "decode-0-0": faults } });

/** The cluster comes up; whatever the case does to it comes after. */
export async function isUp({ run, file }: Stage): Promise<void> {
  const up = await run(["up", file]);
  expect(up.code, up.stdout + up.stderr).toBe(0);
}

/** The engine of decode: the process itself, and the wrapper that waits for it. */
export function decodeOf(host: Host): { readonly engine: number; readonly wrapper: number } {
  const marked = host.processes().filter(({ mark }) => mark?.endsWith("/decode-0-0") === true);
  const engine = marked.find(({ argv }) => argv.some((word) => word.endsWith("sim.mjs")));
  const wrapper = marked.find(({ pid }) => pid === engine?.parent);
  if (engine === undefined || wrapper === undefined) throw new Error("decode does not run");
  return { engine: engine.pid, wrapper: wrapper.pid };
}

/** Puts the process into a control group of its own and takes all memory away from that. */
function outOfMemory(pid: number): void {
  const group = `${MEMORY}/pdctl-chaos-${pid}`;
  mkdirSync(group);
  writeFileSync(join(group, "cgroup.procs"), String(pid));
  writeFileSync(join(group, "memory.force_empty"), "0");
  writeFileSync(join(group, "memory.limit_in_bytes"), "4096");
}
const MEMORY = "/sys/fs/cgroup/memory";

/** Engines that misbehave, by the stand-in's own knobs or by what the kernel does to them. */
export const engineCases: readonly Case[] = [
  {
    name: "an engine that ignores SIGTERM",
    topology: decode({ ignoreTerm: true }),
    play: isUp,
  },
  {
    name: "an engine that leaves a child behind which has forked twice and has a session of its own",
    topology: decode({ strayChild: true }),
    async play(stage) {
      await isUp(stage);
      stage.d.kill(decodeOf(stage.d).engine);
    },
  },
  {
    name: "an engine that renames itself",
    topology: decode({ title: "kworker/0:1" }),
    play: isUp,
  },
  {
    name: "an engine that dies by a signal and leaves shared memory and workers",
    topology: decode({ dieAfterReadyMs: 500, dieSignal: "SIGKILL", strayChild: true, leaveShm: true, dieBefore: 2 }),
    async play({ run, file }) {
      await run(["up", file, "--no-smoke"]);
    },
  },
  {
    name: "an engine killed together with its wrapper: nobody is left to see how it ended",
    async play(stage) {
      await isUp(stage);
      const { engine, wrapper } = decodeOf(stage.d);
      stage.d.kill(wrapper);
      stage.d.kill(engine);
    },
  },
  {
    name: "an engine that the kernel kills for its memory",
    lacks: () => (existsSync(`${MEMORY}/memory.limit_in_bytes`) ? undefined : "no memory controller of control groups"),
    async play(stage) {
      await isUp(stage);
      const { engine } = decodeOf(stage.d);
      const outside = stage.d.processes().find(({ pid }) => pid === engine)?.outside ?? 0;
      outOfMemory(outside);
      await expect.poll(() => stage.d.processes().some(({ pid }) => pid === engine), { timeout: 30_000 }).toBe(false);
      await expect.poll(() => tryRmdir(`${MEMORY}/pdctl-chaos-${outside}`), { timeout: 10_000 }).toBe(true);
    },
  },
  {
    name: "an engine whose children become zombies",
    topology: {
      more: [
        "  - { name: zombies, node: n1, command: [bash, -c, 'for i in 1 2 3; do sleep 0.1 & done; exec sleep 1000'] }",
      ],
    },
    async play(stage) {
      await stage.run(["up", stage.file]);
      await expect.poll(() => zombiesOf(stage.d), { timeout: 20_000 }).toBeGreaterThan(0);
      await stage.run(["down", stage.file]);
    },
  },
  {
    name: "a pid that belongs to somebody else by now",
    async play(stage) {
      await isUp(stage);
      const { engine, wrapper } = decodeOf(stage.d);
      const other = await stage.d.spawn("exec sleep 5000");
      const handle = stage.d.files("/root/.pdctl").find((name) => /decode-0-0\/handle\.json$/.test(name)) ?? "";
      stage.d.kill(wrapper);
      stage.d.kill(engine);
      const path = `/root/.pdctl/${handle}`;
      // What a kernel that has gone round its pids looks like from a file: the number lives again, with another start.
      stage.d.write(path, stage.d.read(path).replaceAll(`"pid":${engine},`, `"pid":${other},`), 0o600);
      await stage.run(["down", stage.file]);
      expect(stage.d.processes().map(({ pid }) => pid)).toContain(other);
      stage.d.kill(other);
    },
    simulated: "the recorded pid is written to be another process's; the kernel's own numbers did not go round",
  },
];

function tryRmdir(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch {
    return false; // the kernel still counts the dead
  }
}

/** Dead processes of a host that nobody has waited for. */
async function zombiesOf(host: Host): Promise<number> {
  const { stdout } = await host.exec("cat /proc/[0-9]*/stat 2>/dev/null");
  return stdout.split("\n").filter((line) => /\) Z /.test(line)).length;
}
