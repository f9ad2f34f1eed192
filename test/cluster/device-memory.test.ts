import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { deviceMemory } from "../../src/cluster/down/device-memory.ts";
import type { Run } from "../../src/cluster/run/run.ts";
import { openLocal } from "../../src/nodes/index.ts";
import type { Session } from "../../src/nodes/session.ts";

const GPU = "GPU-5c1a";
const read = (name: string) => readFileSync(new URL(`../../templates/gather/${name}.sh`, import.meta.url), "utf8");
const templates = Object.fromEntries(["cuda", "rocm", "gaudi", "ascend"].map((name) => [`gather/${name}`, read(name)]));
let clock = 0;
const run = { templates, signal: new AbortController().signal, clock: () => (clock += 4_000) } as unknown as Run; // a look takes a while
let bin: string;
let session: Session;

/** As nvidia-smi answers the two questions that are asked of it, from files that a test writes. */
const smi = `#!/bin/sh
cd "$(dirname "$0")" || exit
case $* in *compute-apps*) cat apps ;; *) if [ -e first ]; then cat first && rm first; else cat gpus; fi ;; esac
`;
const row = (usedMiB: number) => `0, ${GPU}, NVIDIA H100 80GB, 81559, ${usedMiB}, Default, Disabled\n`;
function tells(usedMiB: number, apps: readonly (readonly [pid: number, mib: number])[] = []): void {
  writeFileSync(join(bin, "gpus"), row(usedMiB));
  writeFileSync(join(bin, "apps"), apps.map(([pid, mib]) => `${GPU}, ${pid}, ${mib}, python3\n`).join(""));
}
const seen = (baseline: Readonly<Record<string, number>>) =>
  deviceMemory(
    session,
    { processes: [], ports: [], sharedMemory: [], files: [], baseline: new Map(Object.entries(baseline)) },
    run,
  );

beforeAll(() => {
  bin = mkdtempSync(join(tmpdir(), "pdctl-smi-"));
  writeFileSync(join(bin, "nvidia-smi"), smi, { mode: 0o755 });
  session = openLocal("n0", { ...process.env, PATH: `${bin}:${process.env.PATH}` });
});
afterAll(async () => {
  await session.close();
  rmSync(bin, { recursive: true });
});

it("memory that is back is as before up, also where the driver needs a moment", async () => {
  tells(500);
  expect(await seen({ "0": 480 })).toEqual({ text: "as before up", more: new Map() });
  writeFileSync(join(bin, "first"), row(60_000));
  expect((await seen({ "0": 480 })).text).toBe("as before up");
  expect(existsSync(join(bin, "first"))).toBe(false);
});

it("memory that stays is named, with its device; what another process has is its own", async () => {
  tells(55_900);
  expect(await seen({ "0": 500 })).toEqual({ text: "+54.1 GiB", more: new Map([["0", 55_400]]) });
  tells(55_900, [[812, 55_400]]);
  expect((await seen({ "0": 500 })).text).toBe("as before up");
});

it("where no tool could tell before, nothing is said; one that does not answer now leaves it unknown", async () => {
  expect((await seen({})).text).toBe("-");
  writeFileSync(join(bin, "gpus"), "");
  expect((await seen({ "0": 500 })).text).toBeNull();
});
