/** What the kernel says of a process tree and of a core. Linux only. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const TICK_MS = 1000 / Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

const fields = (pid) => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" "); // from the state on: field 3 of proc(5)
};

/** The process and everything that it started. */
export function tree(root) {
  const parents = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      parents.set(Number(name), Number(fields(name)[1]));
    } catch {
      // it has ended meanwhile
    }
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found;
}

/** User and system time of the tree so far, ms. */
export function cpuMs(root) {
  let ticks = 0;
  for (const pid of tree(root)) {
    const of = fields(pid);
    ticks += Number(of[11]) + Number(of[12]);
  }
  return ticks * TICK_MS;
}

const status = (pid, key) =>
  Number(new RegExp(`${key}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
export const rssBytes = (root) => tree(root).reduce((sum, pid) => sum + status(pid, "VmRSS"), 0);
/** The most that each process of the tree has had since `resetPeak`. */
export const peakBytes = (root) => tree(root).reduce((sum, pid) => sum + status(pid, "VmHWM"), 0);

/** From here on anew. */
export function resetPeak(root) {
  for (const pid of tree(root)) writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

/** How busy a core has been so far, whoever it was, ms. */
export function coreMs(core) {
  const line =
    readFileSync("/proc/stat", "utf8")
      .split("\n")
      .find((one) => one.startsWith(`cpu${core} `)) ?? "";
  const [, user, nice, system, , , irq, softirq, steal] = line.split(/\s+/).map(Number);
  return (user + nice + system + irq + softirq + steal) * TICK_MS;
}
