import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, cluster } from "./cluster.ts";
import { lacking, models, titled, venv } from "./place.ts";

const RPC = 28_945;
const GROUP = Object.entries({
  "model.path": models.moe,
  "model.kind": "moe",
  nodes: "[{ name: here, host: local, hardware: cpu, devices: 3 }]",
  "prefill.kind": "sim", // what is shown here happens among decode's ranks
  "decode.parallel": `{ dp: 2, dp_lb: external, rpc_port: ${RPC}, expert_parallel: true }`,
}).flatMap(([key, value]) => ["--set", `${key}=${value}`]);

describe.skipIf(lacking !== undefined)(titled("a real group of two ranks that loses one"), { timeout: 600_000 }, () => {
  let real: Cluster;
  let folder: string;
  beforeAll(() => {
    real = cluster("real-ranks", 28_600);
    folder = mkdtempSync(join(tmpdir(), "pdctl-wrapper-"));
  });
  afterAll(async () => {
    await real[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  it("a rank that calls where nobody listens is named while vLLM itself says nothing for minutes", async () => {
    const command = ["--set", `decode.command=["${strayed(folder)}", "serve"]`];
    let said = "";
    const hear = (text: string, interrupt: () => void) => {
      said += text;
      if (beats(said).some((beat) => named.test(beat))) interrupt();
    };
    const up = await real.pdctlHeard(hear, "up", ...GROUP, ...command, "--no-smoke", "--timeout", "8m", "--ndjson");
    expect(up.exit, up.lines.slice(-20).join("\n")).toBe(130);
    const beat = beats(said).find((one) => named.test(one)) ?? "";
    expect(beat).toMatch(/"behind":\["decode-0-1","decode-0-0"\]/);
    // its last word; it goes on after ^C, and on a busy machine it may come to it only then
    await expect
      .poll(async () => vllmsOwn((await real.pdctl("logs", "decode-0-0", "--tail", "1000")).out).at(-1), {
        timeout: 240_000,
        interval: 2_000,
      })
      .toMatch(/Started DP Coordinator process/);
  });

  it("a rank killed while idle: the other's health stays 200, status says that the group is broken and what to do", async () => {
    const up = await real.pdctl("up", ...GROUP, "--no-smoke", "--timeout", "8m");
    expect(up.exit, up.lines.slice(-20).join("\n")).toBe(0);
    for (const pid of [await real.server("decode-0-1"), ...real.cores("decode-0-1")]) process.kill(pid, "SIGKILL");
    const status = await real.pdctl("status");
    expect((await fetch(`${real.decode}/health`)).status).toBe(200);
    expect(status.exit).toBe(5);
    expect(status.out).toMatch(/^real-ranks degraded, not serving · P 1\/1 · D 0\/2 · proxy ready/);
    expect(status.out).toMatch(/✖ decode-0-1 +died .*\[killed\]/);
    expect(status.out).toMatch(/\? decode-0-0 +unknown .*answers, but its group lost decode-0-1 \[rank-lost\]/);
    expect(status.out).toMatch(/next +pdctl logs .*decode-0-1\n +pdctl up [\s\S]*\n +starts decode-0 again, as one/);
    const down = await real.pdctl("down", "--discard-logs");
    expect(down.exit, down.lines.join("\n")).toBe(0);
    expect(await real.leftovers()).toEqual([]);
  });
});

const named = new RegExp(`decode-0-1.* decode-0-0 on 127\\.0\\.0\\.1:${RPC}`);
/** Without what libraries write between them when a child starts. */
const vllmsOwn = (log: string) => log.split("\n").filter((line) => /\b(INFO|WARNING|ERROR) \d\d-\d\d /.test(line));
const beats = (ndjson: string) => ndjson.split("\n").filter((line) => line.includes('"type":"progress"'));

/** A vLLM whose rank 1 looks for its head on the next port: a site's wrapper, or a port that is mapped elsewhere. */
function strayed(folder: string): string {
  const file = join(folder, "vllm");
  const text = `#!/usr/bin/env bash
words=("$@")
if [[ " $* " == *" --data-parallel-rank 1 "* ]]; then words=("\${words[@]/#${RPC}/${RPC + 1}}"); fi
exec ${venv}/bin/vllm "\${words[@]}"
`;
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}
