import { setTimeout as pause } from "node:timers/promises";
import type { DeviceFact } from "../../facts/index.ts";
import type { Session } from "../../nodes/session.ts";
import type { Remains } from "../../supervise/index.ts";
import { size } from "../../words/numbers.ts";
import { devicesOf } from "../fleet/devices.ts";
import type { Run } from "../run/run.ts";

const SETTLES_MS = 10_000; // a driver gives memory back some seconds after its last process
const AGAIN_MS = 500;
const NOISE_MIB = 256; // what contexts of the driver itself come and go with
const MIB = 2 ** 20;

/** What the hardware's own tool says of a node after everything of the cluster has ended there. */
export interface DeviceMemory {
  /** `as before up`, `+54.1 GiB`, `-` where no tool could tell before up, null where it does not answer now. */
  readonly text: string | null;
  /** Devices with more in use than before, MiB. */
  readonly more: ReadonlyMap<string, number>;
}

/** Compares with what was in use before up; memory that a tool ascribes to processes of others is theirs. */
export async function deviceMemory(
  session: Session,
  { baseline, processes }: Remains,
  run: Run,
): Promise<DeviceMemory> {
  if (baseline.size === 0) return { text: "-", more: new Map() };
  const late = run.clock() + SETTLES_MS;
  const ours = new Set(processes.map(({ pid }) => pid));
  for (;;) {
    const devices = await devicesOf(session, run);
    if (devices.length === 0) return { text: null, more: new Map() };
    const more = new Map(devices.flatMap((one) => excess(one, baseline.get(one.id), ours)));
    const sum = [...more.values()].reduce((all, mib) => all + mib, 0);
    if (sum === 0) return { text: "as before up", more };
    if (run.clock() >= late) return { text: `+${size(sum * MIB)}`, more };
    await pause(AGAIN_MS, undefined, { signal: run.signal });
  }
}

function excess(
  { id, usedMb, holders }: DeviceFact,
  before: number | undefined,
  ours: ReadonlySet<number>,
): readonly (readonly [string, number])[] {
  if (before === undefined) return [];
  const theirs = holders.filter(({ pid }) => !ours.has(pid)).reduce((all, { usedMb: mib }) => all + mib, 0);
  const more = usedMb - theirs - before;
  return more > NOISE_MIB ? [[id, more]] : [];
}
