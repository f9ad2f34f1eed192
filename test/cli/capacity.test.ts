import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "./run-pdctl.ts";

const root = join(import.meta.dirname, "../..");
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "pdctl-capacity-"));
  await mkdir(join(home, "model"));
  await cp(join(root, "test/facts/model/llama-3.3-70b.json"), join(home, "config.json"));
  await cp(join(home, "config.json"), join(home, "model/config.json"));
  await writeFile(
    join(home, "cluster.yaml"),
    `version: 1
name: fits
model: ${home}/model
nodes:
  - { name: "n[0-3]", host: "10.0.0.1[0-3]", hardware: cuda, devices: 8, device_memory_gib: 80, nic_gbps: 400 }
kv: { transfer: { connector: nixl } }
engine: { parallel: { tp: 8 } }
prefill: { nodes: "n[0-1]", instances: 2 }
decode: { nodes: "n[2-3]", instances: 2 }
proxy: { node: n0, port: 8080 }
`,
  );
});
afterAll(() => rm(home, { recursive: true }));

/** Every command that the pages about a plan show, in the order of the pages. */
async function shown(...pages: string[]): Promise<readonly string[]> {
  const texts = await Promise.all(pages.map((page) => readFile(join(root, "docs", page), "utf8")));
  return texts.flatMap((text) =>
    [...text.matchAll(/^ {4}(pdctl [^#\n]*)/gm)].map(([, command = ""]) => command.trim()),
  );
}

/** `up --plan` needs nodes: test/hosts/plan-file.test.ts runs it. */
it("every command of the pages about the plan, its ports and its capacity runs", async () => {
  const commands = await shown("plan-json.md", "firewall.md", "capacity.md");
  expect(commands.length).toBeGreaterThan(6);
  for (const command of commands.filter((one) => !one.startsWith("pdctl up"))) {
    const { exit, err } = await run(command.split(" ").slice(1), { cwd: home });
    expect([exit, err, command]).toEqual([0, "", command]);
  }
}, 60_000);

it("plan has a short section where the model's config is here, and refuses a model that cannot fit", async () => {
  const fits = await run(["plan"], { cwd: home });
  expect(fits.out).toMatch(
    / {2}fits {4}prefill-\[0-1\]: 16\.4 GiB of weights per device of 72\.0 GiB, at most [\d,]+ tokens/,
  );
  expect(fits.out).toMatch(/ {2}moves {3}320 KiB of KV per token; 7ms for 1,000 tokens at 400 Gbit\/s/);
  const tight = await run(["validate", "--set", "engine.parallel.tp=1"], { cwd: home });
  expect([tight.exit, tight.out]).toEqual([3, expect.stringMatching(/M15/)]);
});

it("without a config --capacity says how to give one", async () => {
  const { exit, err } = await run(["plan", "--capacity", "--set", "model.path=org/name"], { cwd: home });
  expect([exit, err.split("\n")[0]]).toEqual([2, "✖ the config of org/name is not on this machine"]);
  const bad = await run(["plan", "--capacity", "--model-config", "cluster.yaml"], { cwd: home });
  expect([bad.exit, bad.err.split("\n")[0]]).toEqual([2, "✖ cluster.yaml was not read"]);
});
