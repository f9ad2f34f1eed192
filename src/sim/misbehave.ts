import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { Faults } from "./faults.ts";
import type { Log } from "./log.ts";

/** Plays the faults that concern the process as a whole. */
export function misbehave(faults: Faults, log: Log, end: (code: number) => void): { ready(): void } {
  const { title, strayChild, leaveShm, dieAfterMs, dieAfterReadyMs, dieLine, dieExit, dieSignal, dieBefore } = faults;
  const die = () => {
    if (dieLine !== "") log.plain(dieLine);
    if (dieSignal !== "") process.kill(process.pid, dieSignal);
    else end(dieExit);
  };
  if (title !== "") process.title = title;
  if (strayChild) leaveChild(log);
  if (leaveShm) writeFileSync(`/dev/shm/psm_${randomBytes(4).toString("hex")}`, Buffer.alloc(4096));
  if (dieBefore > 0 && generation() >= dieBefore) return { ready: () => undefined };
  if (dieAfterMs >= 0) setTimeout(die, dieAfterMs);
  return {
    ready: () => {
      if (dieAfterReadyMs >= 0) setTimeout(die, dieAfterReadyMs);
    },
  };
}

/** Of `CLUSTER/GENERATION/SERVICE`; 0 where nobody has marked this process. */
const generation = (): number => Number(process.env["PDCTL_RUN"]?.split("/").at(-2) ?? 0);

/** Forked twice, in a session of its own, with our environment: only the mark in it tells whose it is. */
function leaveChild(log: Log): void {
  const shell = spawn("/bin/sh", ["-c", "sleep 3600 >/dev/null 2>&1 & echo $!"], {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  shell.stdout.on("data", (pid: Buffer) => log.plain(`left a child behind: pid ${pid.toString().trim()}`));
  shell.unref();
}
