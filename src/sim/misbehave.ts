import { spawn } from "node:child_process";
import type { Faults } from "./faults.ts";
import type { Log } from "./log.ts";

/** Plays the faults that concern the process as a whole. */
export function misbehave(faults: Faults, log: Log, end: (code: number) => void): { ready(): void } {
  const { title, strayChild, dieAfterMs, dieAfterReadyMs, dieLine, dieExit, dieSignal } = faults;
  const die = () => {
    if (dieLine !== "") log.plain(dieLine);
    if (dieSignal !== "") process.kill(process.pid, dieSignal as NodeJS.Signals);
    else end(dieExit);
  };
  if (title !== "") process.title = title;
  if (strayChild) spawn("/bin/sh", ["-c", "sleep 3600 &"], { detached: true, stdio: "ignore" }).unref();
  if (dieAfterMs >= 0) setTimeout(die, dieAfterMs);
  return {
    ready: () => {
      if (dieAfterReadyMs >= 0) setTimeout(die, dieAfterReadyMs);
    },
  };
}
