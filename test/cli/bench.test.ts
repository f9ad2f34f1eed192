import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, run } from "./run-pdctl.ts";

const bench = join(import.meta.dirname, "../bench");
const topology = join(bench, "cluster.yaml");
const local = join(import.meta.dirname, "../../topologies/local.yaml");
const base = 20_000 + (process.pid % 300) * 20; // below the range that the kernel draws from
const sets = Object.entries({
  "engine.venv": join(bench, "venv"),
  "proxy.port": base,
  "prefill.port": base + 1,
  "decode.port": base + 5,
  "kv.transfer.side_channel_port": base + 10,
}).flatMap(([key, value]) => ["--set", `${key}=${value}`]);

let home: string;
const pdctl = (verb: string, ...more: readonly string[]): Promise<Ended> =>
  run([verb, topology, ...sets, ...more], { cwd: home });
/** What a benchmark could have left: its directory, and processes under its mark. */
const leftovers = () => [
  ...(existsSync(join(home, ".pdctl/benched/here/bench")) ? ["its directory"] : []),
  ...readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && environ(pid).includes("PDCTL_RUN=benched/1/bench\0")),
];
const environ = (pid: string) => {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return ""; // it ended just now, or is somebody else's
  }
};

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "pdctl-bench-"));
  const up = await pdctl("up", "--no-smoke");
  expect(up.exit, up.lines.join("\n")).toBe(0);
}, 60_000);
afterAll(async () => {
  expect((await pdctl("down", "--discard-logs")).exit).toBe(0);
  rmSync(home, { recursive: true });
}, 60_000);

describe("pdctl bench", () => {
  it("shows vLLM's table, and that the KV of every request moved", async () => {
    const { exit, out, lines } = await pdctl("bench");
    expect(exit, lines.join("\n")).toBe(0);
    expect(out.split("\n")).toEqual([
      "============ Serving Benchmark Result ============",
      expect.stringMatching(/^Successful requests: +6$/),
      expect.stringMatching(/^Failed requests: +0$/),
      "==================================================",
      "",
      "✔ answered  6 of 6 requests",
      expect.stringMatching(
        /^✔ kv {8}(\d+) of \1 prompt tokens came from prefill, [\d.]+ KiB, 6 transfers \(counter\)$/,
      ),
      "✔ proxy     0 to decode alone, 0 without KV, no retries",
      "",
      expect.stringMatching(/^✔ bench passed · [\d.]+s$/),
      "  next    pdctl status benched",
      "",
    ]);
    expect(leftovers()).toEqual([]);
  });

  it("hands out vLLM's own result file with --json", async () => {
    const { exit, out } = await pdctl("bench", "--json", "--set", "bench.args.num-prompts=2");
    expect(exit).toBe(0);
    expect(JSON.parse(out).bench).toMatchObject({
      requests: 2,
      completed: 2,
      ttft: 12.5,
      kv: { computed: 0, cached: 0, transfers: 2, wrong: [] },
      proxy: { alone: 0, missing_kv: 0, retries: 0 },
      result: { num_prompts: 2, median_ttft_ms: 12.5, median_tpot_ms: 3.25 },
    });
  });

  it("fails when requests went past prefill, though every one was answered", async () => {
    // more samples than the proxy splits into pairs of legs
    const { exit, out } = await pdctl("bench", "--set", "bench.args.n=17");
    expect(exit).toBe(1);
    expect(out).toMatch(/✔ answered {2}6 of 6 requests\n✖ kv {8}0 of \d+ prompt tokens came from prefill.* itself/);
    expect(out).toMatch(/✖ bench: no KV moved\n {2}why {5}6 requests went to decode alone\n/);
  });

  it("fails when requests failed", async () => {
    const { exit, out } = await pdctl("bench", "--set", "bench.args.served-model-name=another");
    expect(exit).toBe(1);
    expect(out).toMatch(/✖ bench: 6 of 6 requests failed\n/);
  });

  it("says in vLLM's own words why it did not run", async () => {
    const { exit, out } = await pdctl("bench", "--set", "bench.args.warp=9");
    expect(exit).toBe(1);
    expect(out).toMatch(/✖ vllm bench serve ended with exit code 2\n {2}why {5}vllm: error: Unknown option '--warp'/);
    expect(leftovers()).toEqual([]);
  });

  it("is ended when its time is over, and leaves nothing", async () => {
    const { exit, out } = await pdctl("bench", "--timeout", "2s", "--set", "bench.args.num-prompts=100000");
    expect(exit).toBe(1);
    expect(out).toMatch(/✖ vllm bench serve was not over within 2\.0s, and was ended\n/);
    expect(leftovers()).toEqual([]);
  });

  it("leaves nothing on the node when it is interrupted in its middle", async () => {
    const { exit } = await run(["bench", topology, ...sets, "--ndjson", "--set", "bench.args.num-prompts=100000"], {
      cwd: home,
      hear: (text, interrupt) => {
        if (text.includes("of 100000 requests")) interrupt();
      },
    });
    expect(exit).toBe(130);
    await expect.poll(leftovers).toEqual([]);
  });

  it("says what it needs where engines are stand-ins, or the topology has no bench", async () => {
    const standIns = await run(["bench", local, "--set", "bench.args.num-prompts=2"], { cwd: home });
    expect([standIns.exit, standIns.out]).toEqual([2, ""]);
    expect(standIns.err).toContain("are stand-ins: vllm bench serve comes with real vLLM");
    const without = await run(["bench", local], { cwd: home });
    expect(without.exit).toBe(2);
    expect(without.err).toMatch(/has no bench: bench\.args are the flags of vllm bench serve/);
  });
});
