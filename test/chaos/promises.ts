import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Host } from "../hosts/host.ts";
import { launcher } from "../hosts/launcher.ts";
import type { Process } from "../hosts/processes.ts";
import { SECRET, type Stage } from "./case.ts";

const WAIT = ["--wait-lock", "60s"]; // a launcher that was killed without a goodbye holds its lock for half a minute

interface Row {
  readonly service: string;
  readonly node: string;
  readonly state: string;
  readonly note: string | null;
}
const names = (rows: readonly Row[]) => rows.map(({ service }) => service);

/** Words of `status` for a service whose process is there. */
const LIVES = new Set(["starting", "loading", "ready", "unhealthy", "alive"]);

const ours = (host: Host) => host.processes().filter(({ mark }) => mark !== undefined);
const serviceOf = (mark = "") => mark.split("/").at(-1) ?? "";
const isWrapper = ({ argv }: Process) => argv[1] === "--noprofile";
const isClient = ({ argv }: Process) => argv[1]?.endsWith("/docker.strict") === true; // its container is the program

/** The services whose program itself runs on a host: a service that runs twice is there twice. */
function programsOf(host: Host): string[] {
  const marked = ours(host);
  const wrappers = new Set(marked.filter(isWrapper).map(({ pid }) => pid));
  return marked
    .filter((one) => wrappers.has(one.parent) || one.argv.some((word) => /\/(sim|proxy)\.mjs$/.test(word)))
    .filter((one) => !isWrapper(one) && !isClient(one))
    .map(({ mark }) => serviceOf(mark));
}

/** What a host really has of ours, by service: the program itself, or only what it left behind. */
function realityOf(host: Host): ReadonlyMap<string, "runs" | "left"> {
  const rest = ours(host).filter((one) => !isWrapper(one));
  return new Map([
    ...rest.map(({ mark }) => [serviceOf(mark), "left"] as const),
    ...programsOf(host).map((service) => [service, "runs"] as const),
  ]);
}

/** `status` says of every service what its host says: every host answers by now, so nothing is unknown. */
export async function statusTellsTheTruth({ lab, file, run }: Stage): Promise<void> {
  const { stdout, code } = await run(["status", file, "--json"]);
  const { services = [] }: { services?: readonly Row[] } = JSON.parse(stdout);
  for (const host of lab.hosts) {
    const reality = realityOf(host);
    const rows = services.filter(({ node }) => node === host.name);
    for (const { service, state, note } of rows) {
      expect([service, LIVES.has(state)], stdout).toEqual([service, reality.get(service) === "runs"]);
      if (reality.get(service) === "left") expect(note, stdout).toMatch(/lives? on/);
    }
    for (const service of reality.keys()) expect(names(rows), stdout).toContain(service);
  }
  expect([0, 1, 5]).toContain(code);
}

/** The verb again does what is missing and starts nothing twice. */
export async function runningItAgainConverges(stage: Stage, verb: "up" | "down"): Promise<void> {
  const { lab, file, run } = stage;
  const again = await run([verb, file, ...WAIT, ...(verb === "up" ? ["--yes"] : [])]);
  expect(again.code, again.stdout + again.stderr).toBe(0);
  if (verb === "down") return;
  const programs = lab.hosts.flatMap(programsOf).sort((a, b) => a.localeCompare(b));
  expect(programs).toEqual([...new Set(programs)]); // nothing twice
  expect(programs).toEqual(expect.arrayContaining(["clock", "decode-0-0", "prefill-0-0", "proxy"]));
  const status = await run(["status", file]);
  expect(status.code, status.stdout + status.stderr).toBe(0);
}

export async function isDown({ file, run }: Stage): Promise<void> {
  const down = await run(["down", file, ...WAIT]);
  expect(down.code, down.stdout + down.stderr).toBe(0);
}

/** Not in what pdctl said, not in a file of the launcher, not in a command line, a log or a state file of a host. */
export function noSecretIsWritten({ lab, state, said }: Stage): void {
  expect(said()).not.toContain(SECRET);
  for (const name of launcher.files()) {
    const path = join(launcher.home, name);
    if (statSync(path).isFile()) expect([name, readFileSync(path).includes(SECRET)]).toEqual([name, false]);
  }
  for (const host of lab.hosts) {
    for (const { argv } of host.processes()) expect(argv.join(" ")).not.toContain(SECRET);
    for (const name of host.files(state).filter((one) => /(log|\.json|launch\.sh|run)$/.test(one)))
      if (isFile(host, `${state}/${name}`))
        expect([name, host.read(`${state}/${name}`).includes(SECRET)]).toEqual([name, false]);
  }
}

function isFile(host: Host, path: string): boolean {
  return statSync(`/proc/${host.init}/root${path}`, { throwIfNoEntry: false })?.isFile() === true;
}
