import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect, it } from "vitest";

const place = (name: string) => new URL(name, import.meta.url).pathname;

/** Places of the code whose count grows by more than `factor` between two sizes. */
async function grows(module: string, [small, large]: [number, number], factor: number): Promise<readonly string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), "pdctl-steps-"));
  try {
    const file = path.join(folder, "work.mjs");
    const banner = {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    };
    await build({ entryPoints: [place(module)], bundle: true, format: "esm", platform: "node", outfile: file, banner });
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [place("../../bench/count-steps.mjs"), file, String(small), String(large)],
      { maxBuffer: 1e8 },
    );
    const [few, many]: Record<string, number>[] = JSON.parse(stdout);
    if (few === undefined || many === undefined) throw new Error("the steps were not counted");
    return Object.entries(many).flatMap(([at, count]) => {
      const before = few[at] ?? 0;
      return count > 1000 && count > before * factor ? [`${at}: ${before} → ${count}`] : [];
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

it("a plan of eight times the nodes takes eight times the steps, in every function", async () => {
  expect(await grows("linear/plan-of.ts", [8, 64], 8 * 1.5)).toEqual([]);
});

it("a check that compared every pair would be seen", async () => {
  expect(await grows("linear/all-pairs.ts", [50, 400], 8 * 1.5)).toHaveLength(1);
});
