import { readdirSync, readFileSync } from "node:fs";

/** Looks again until it holds; fails loudly when it does not within the limit. */
export async function until(holds: () => boolean | Promise<boolean>, limitMs = 5_000): Promise<void> {
  const late = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > late) throw new Error(`did not come true within ${limitMs / 1000} s: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Alive and not a zombie. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}

/** Living processes with this state directory in their environment. */
export function aliveWith(stateDir: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isAlive(pid) && environOf(pid).includes(`PDCTL_HOME=${stateDir}`));
}

export function environOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}
