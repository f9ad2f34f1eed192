import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Host } from "../hosts/host.ts";
import { launcher, SECRET, type Stage } from "./case.ts";

const WAIT = ["--wait-lock", "60s"]; // a launcher that was killed without a goodbye holds its lock for half a minute

interface Row {
  readonly service: string;
  readonly node: string;
  readonly state: string;
}

/** Words of `status` for a service whose process is there. */
const LIVES = new Set(["starting", "loading", "ready", "unhealthy", "alive"]);

/** Every process of ours that a host really has, by service. */
const alive = (host: Host): ReadonlySet<string> =>
  new Set(
    host
      .processes()
      .filter(({ argv, mark }) => mark !== undefined && !argv.some((word) => word.endsWith("wrap.sh")))
      .map(({ mark = "" }) => mark.split("/").at(-1) ?? ""),
  );

/** `status` says of every service what its host says; a node that does not answer is called unknown. */
export async function statusTellsTheTruth({ lab, file, run }: Stage): Promise<void> {
  const { stdout, code } = await run(["status", file, "--json"]);
  const { services = [] }: { services?: readonly Row[] } = JSON.parse(stdout);
  for (const host of lab.hosts) {
    const there = alive(host);
    const rows = services.filter(({ node }) => node === host.name);
    for (const { service, state } of rows)
      if (state !== "unknown") expect([service, LIVES.has(state)], stdout).toEqual([service, there.has(service)]);
    for (const service of there)
      expect(
        rows.map((row) => row.service),
        stdout,
      ).toContain(service);
  }
  expect([0, 1, 5]).toContain(code);
}

/** The verb again does what is missing and starts nothing twice. */
export async function runningItAgainConverges(stage: Stage, verb: "up" | "down"): Promise<void> {
  const { lab, file, run } = stage;
  const again = await run([verb, file, ...WAIT, ...(verb === "up" ? ["--yes"] : [])]);
  expect(again.code, again.stdout + again.stderr).toBe(0);
  if (verb === "down") return;
  const marks = lab.hosts.flatMap((host) => [...alive(host)]).sort((a, b) => a.localeCompare(b));
  expect(marks).toEqual(["clock", "decode-0-0", "prefill-0-0", "proxy"]);
  const status = await run(["status", file]);
  expect(status.code, status.stdout + status.stderr).toBe(0);
}

/** `down` leaves nothing on any host, and says so. */
export async function downLeavesNothing({ lab, file, run }: Stage): Promise<void> {
  const down = await run(["down", file, ...WAIT]);
  expect(down.code, down.stdout + down.stderr).toBe(0);
  expect(lab.leftovers()).toEqual([]);
}

/** Not in what pdctl said, not in a file of the launcher, not in a command line, a log or a state file of a host. */
export function noSecretIsWritten({ lab, said }: Stage): void {
  expect(said()).not.toContain(SECRET);
  for (const name of launcher.files()) {
    const path = join(launcher.home, name);
    if (statSync(path).isFile()) expect([name, readFileSync(path).includes(SECRET)]).toEqual([name, false]);
  }
  for (const host of lab.hosts) {
    for (const { argv } of host.processes()) expect(argv.join(" ")).not.toContain(SECRET);
    for (const name of host.files("/root/.pdctl").filter((one) => /(log|\.json|launch\.sh|run)$/.test(one)))
      if (isFile(host, name)) expect([name, host.read(`/root/.pdctl/${name}`).includes(SECRET)]).toEqual([name, false]);
  }
}

function isFile(host: Host, name: string): boolean {
  return statSync(`/proc/${host.init}/root/root/.pdctl/${name}`, { throwIfNoEntry: false })?.isFile() === true;
}
