import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { Host } from "./host.ts";
import { launcher } from "./launcher.ts";
import { layOutHost, layOutLab } from "./layout.ts";
import { type HostSpec, type LabOptions, labDirectory } from "./spec.ts";

const labScript = join(import.meta.dirname, "lab.sh");

export interface Lab extends AsyncDisposable {
  readonly hosts: readonly Host[];
  readonly launcher: typeof launcher;
  /** From `hosts(…)` to the last sshd that listens. */
  readonly bootMs: number;
  /** The host of this name. */
  host(name: string): Host;
  /** What is left on any host, each with the host's name in front. */
  leftovers(): string[];
}

/**
 * Brings up hosts that can reach each other and this machine, and nothing else. Each has its own address, name, processes, files,
 * memory file systems and sshd; the launcher has a new home whose key they authorize and whose known_hosts lists them.
 * One lab at a time; disposing takes everything down. What a test file left that died is taken down first.
 */
export async function hosts(specs: readonly HostSpec[], options: LabOptions = {}): Promise<Lab> {
  if (process.env.PDCTL_ISOLATED === undefined)
    throw new Error("test hosts need namespaces of their own: run test/hosts/isolated.sh COMMAND");
  const began = performance.now();
  await clearTheGround();
  try {
    return await raise(specs, options, began);
  } catch (error) {
    await takeDown();
    throw error;
  }
}

async function raise(specs: readonly HostSpec[], options: LabOptions, began: number): Promise<Lab> {
  const key = launcher.reset(options);
  layOutLab(options);
  const laid = specs.map((spec, index) => ({ spec, ...layOutHost(spec, index, specs, options, key) }));
  launcher.knows(
    laid.filter(({ spec }) => options.unknown?.includes(spec.name) !== true),
    specs,
  );
  const all = specs.map((spec) => new Host(spec, options));
  await execa(labScript, ["up", ...specs.map(({ name }) => name)], { stdio: ["ignore", "ignore", "inherit"] });
  await Promise.all(all.map((host) => host.booted()));
  const named = new Map(all.map((host) => [host.name, host]));
  return {
    hosts: all,
    launcher,
    bootMs: performance.now() - began,
    host(name) {
      const found = named.get(name);
      if (found === undefined) throw new Error(`the lab has no host ${name}; it has ${[...named.keys()].join(", ")}`);
      return found;
    },
    leftovers: () => all.flatMap((host) => host.leftovers().map((text) => `${host.name}: ${text}`)),
    [Symbol.asyncDispose]: takeDown,
  };
}

async function clearTheGround(): Promise<void> {
  const owner = join(labDirectory, ".owner");
  if (existsSync(owner)) {
    const pid = Number(readFileSync(owner, "utf8"));
    if (pid !== process.pid && existsSync(`/proc/${pid}`)) throw new Error(`process ${pid} has a lab already`);
    if (pid === process.pid) throw new Error("this test file has a lab already: dispose it first");
    await takeDown();
  }
  mkdirSync(labDirectory);
  writeFileSync(owner, String(process.pid));
}

async function takeDown(): Promise<void> {
  await execa(labScript, ["down"]);
}
