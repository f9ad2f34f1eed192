import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "./run-pdctl.ts";
import { Terminal } from "./terminal.ts";

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "pdctl-init-"));
});
afterAll(() => rm(home, { recursive: true }));
const init = (...words: readonly string[]) => run(["init", ...words], { cwd: home });
const two = ["--nodes", "10.0.0.[1-2]", "--hardware", "cuda", "--devices", "8", "--model", "/models/Qwen3-32B"];

describe.concurrent("init without a terminal", () => {
  it("writes what validate takes without a word, and says which answers it took by default", async () => {
    const { exit, out, err } = await init(...two, "-o", "first.yaml");
    expect([exit, err]).toEqual([0, "· not a terminal: --connector nixl\n· not a terminal: --ratio 1:1\n"]);
    expect(out).toBe(
      "✔ wrote first.yaml: cluster, 13 lines, 3 services, no errors, no warnings\n  next    pdctl plan first.yaml\n",
    );
    const [head, ...lines] = (await readFile(join(home, "first.yaml"), "utf8")).trimEnd().split("\n");
    expect(existsSync(/^# yaml-language-server: \$schema=(.*)$/.exec(head ?? "")?.[1] ?? "")).toBe(true);
    expect(lines.map((line) => line.replace(/ +#.*/, ""))).toEqual([
      ...["version: 1", "name: cluster", "model: /models/Qwen3-32B", "nodes:"],
      '  - { name: "n[0-1]", host: "10.0.0.[1-2]", hardware: cuda, devices: 8 }',
      ...["kv:", "  transfer: { connector: nixl }", "engine:", "  parallel: { tp: 8 }"],
      ...["prefill: { nodes: n0 }", "decode: { nodes: n1 }", "proxy: { node: n0, port: 8000 }"],
    ]);
    const validated = await run(["validate", "--strict", "first.yaml"], { cwd: home });
    expect([validated.exit, validated.out.split("\n")[0]]).toEqual([
      0,
      "✔ first.yaml: cluster, 3 services on 2 nodes, no errors, no warnings",
    ]);
  });

  it("names the option whose answer is missing or cannot be", async () => {
    const cases = [
      [["--nodes", "a"], "✖ --hardware is missing"],
      [["--nodes", "a", "--hardware", "cuda"], "✖ --model is missing"],
      [[...two, "--ratio", "1"], '✖ --ratio "1" cannot be'],
      [[...two, "--prefill", "n7"], "✖ --prefill: there is no node n7"],
      [["--nodes", "a[", "--hardware", "cuda", "--model", "m"], '✖ "a[" is not a range: [ without ]'],
    ] as const;
    for (const [words, said] of cases) {
      const { exit, err } = await init(...words, "-o", "-");
      expect([exit, err.split("\n").find((line) => line.startsWith("✖"))]).toEqual([2, said]);
    }
  });

  it("writes nothing that is not valid, and says what is wrong with it", async () => {
    const { exit, out, err } = await init(...two, "--connector", "ucm", "-o", "ucm.yaml");
    expect([exit, out, existsSync(join(home, "ucm.yaml"))]).toEqual([3, "", false]);
    expect(err).toContain("kv.transfer has no storage_backends");
    const fields = ["--field", "storage_backends=[/mnt/kv]", "--field", "shared_storage=true"];
    const mended = await init(...two, "--connector", "ucm", ...fields, "-o", "ucm.yaml");
    expect(mended.exit, mended.err).toBe(0);
  });

  it("never overwrites a file unasked", async () => {
    await writeFile(join(home, "mine.yaml"), "mine");
    const refused = await init(...two, "-o", "mine.yaml");
    expect([refused.exit, await readFile(join(home, "mine.yaml"), "utf8")]).toEqual([2, "mine"]);
    expect((await init(...two, "-o", "mine.yaml", "--force")).exit).toBe(0);
  });

  it("splits nodes by the ratio, and a single node's devices", async () => {
    const six = await init(
      "--nodes",
      "gpu[01-06].hpc",
      "--hardware",
      "a3",
      "--model",
      "m/x",
      "--ratio",
      "1:2",
      "-o",
      "-",
    );
    expect(six.out).toContain('{ name: "gpu[01-06]", host: "gpu[01-06].hpc", hardware: a3 }');
    expect(six.out).toMatch(/^prefill: \{ nodes: "gpu\[01-02\]", instances: 2 \}$/m);
    const one = await init(
      "--nodes",
      "big",
      "--hardware",
      "cuda",
      "--devices",
      "8",
      "--model",
      "m/x",
      "--ratio",
      "1:3",
      "-o",
      "-",
    );
    expect(one.out).toMatch(/tp: 2 \}[\s\S]*^prefill: \{ nodes: big \}[\s\S]*^decode: \{ nodes: big, instances: 3 \}/m);
  });

  it("asks this machine what it is", async () => {
    const { exit, out, err } = await init("--from-nodes", "local", "--model", "m/x", "--hardware", "cpu", "-o", "-");
    expect(exit, err).toBe(0);
    expect(err).toMatch(/^ {2}local {3}\S/);
    expect(out).toMatch(/\{ name: here, host: local, hardware: cpu, devices: \d+ \}/);
  });
});

it("init on a terminal asks, and takes an empty line as the default", async () => {
  const screen = new Terminal(["init", "-o", "asked.yaml"], { cwd: home });
  for (const [question, answer] of [
    [/^Nodes .*> *$/, "10.0.0.[1-4]"],
    [/^Hardware .*> *$/, "gb200"],
    [/^Devices of each node \[4\] > *$/, ""],
    [/^Model .*> *$/, "~/models/r1"],
    [/^KV moves by \[nixl\] > *$/, ""],
    [/^Prefill to decode \[1:1\] > *$/, "3:1"],
  ] as const) {
    await screen.until(question);
    screen.type(`${answer}\r`);
  }
  await screen.until(/✔ wrote asked\.yaml/);
  expect((await screen.exited).exitCode).toBe(0);
  expect(await readFile(join(home, "asked.yaml"), "utf8")).toMatch(/prefill: \{ nodes: "n\[0-2\]", instances: 3 \}/);
});
