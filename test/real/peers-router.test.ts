import { expect, it } from "vitest";
import type { ClusterEvent } from "../../src/cluster/events.ts";
import { realHosts, said } from "./hosts.ts";
import { lacks, onReferenceHosts, places } from "./peers.ts";
import { lackingHosts, titled } from "./place.ts";

const lacking = lacks("router");
const real = ["proxy.kind=vllm-router", `proxy.venv=${places.router}`];

it.skipIf(lacking !== undefined)(
  titled("document 001 runs behind the real vllm-router: seven hosts, 24 ranks, each serves, nothing is left", lacking),
  async () => {
    await using peered = await onReferenceHosts("gb200-deepseek-nixl", real, [places.router]);
    const up = await peered.pdctl("up", "--require-evidence", "--ndjson");
    expect(up.code, said(up).slice(-6000)).toBe(0);
    const events = up.stdout.split("\n").filter((line) => line !== "");
    const proof = events.map((line) => JSON.parse(line) as ClusterEvent).find(({ type }) => type === "proof");
    expect(proof?.data).toMatchObject({
      evidence: "counter",
      uncovered: [],
      same_answer: true,
      covered: { prefill: [16, 16], decode: [8, 8] },
    });

    const router = peered.lab.host("router");
    const spec = JSON.parse((await router.exec("cat /root/.pdctl/*/*/runs/1/proxy/spec.json")).stdout); // it renames its process
    expect(spec.note.argv.join(" ")).toBe(
      "vllm-router --policy round_robin --vllm-pd-disaggregation --kv-connector nixl --max-concurrent-requests 9216 " +
        "--prefill http://10.0.1.10:8087 --prefill http://10.0.1.11:8087 --prefill http://10.0.1.12:8087 --prefill http://10.0.1.13:8087 " +
        "--decode http://10.0.1.14:8087 --decode http://10.0.1.15:8087 --host 0.0.0.0 --port 8123 --prometheus-port 29000 " +
        "--intra-node-data-parallel-size 4 --worker-startup-timeout-secs 900",
    );
    expect(router.listeners()).toEqual(
      expect.arrayContaining([expect.objectContaining({ address: "127.0.0.1", port: 29000 })]),
    );
    const answer = await fetch("http://10.0.1.20:8123/v1/completions", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        model: "nvidia/DeepSeek-R1-0528-FP4-v2",
        prompt: "one two three",
        max_tokens: 8,
        stream: true,
      }),
    });
    expect((await answer.text()).trim().split("\n\n").at(-1)).toBe("data: [DONE]");

    const status = await peered.pdctl("status");
    expect(status.stdout).toMatch(/gb200-deepseek healthy · P 4\/4 · D 2\/2 · proxy ready/);
    const down = await peered.pdctl("down");
    expect(down.code, said(down)).toBe(0);
    expect(peered.leftovers()).toEqual([]);
    process.stderr.write(`  vllm-router: up in ${(up.ms / 1000).toFixed(1)}s, ${JSON.stringify(proof?.data)}\n`);
  },
  240_000,
);

it.skipIf(lacking !== undefined)(
  titled("the router answers 200 where prefill hands over nothing; smoke says that the KV did not move", lacking),
  async () => {
    const broken = [
      ...real,
      "engine.runtime={kind: process}",
      "ssh.user=root",
      "prefill.env.PDCTL_SIM_KV_PARAMS=missing",
    ];
    await using peered = await onReferenceHosts("cuda-gaudi-nixl", broken, [places.router]);
    const up = await peered.pdctl("up");
    expect(up.code).toBe(1);
    expect(said(up)).toMatch(/the answer came, the KV did not/);
    expect((await peered.pdctl("down", "--discard-logs")).code).toBe(0);
    expect(peered.leftovers()).toEqual([]);
  },
  240_000,
);

const lackingBoth = lackingHosts ?? lacking;
it.skipIf(lackingBoth !== undefined)(
  titled("real engines, two prefill and one decode on three machines, behind the real vllm-router", lackingBoth),
  async () => {
    const proxy = `proxy: { kind: vllm-router, venv: ${places.router} }\n`;
    const topology = `prefill: { nodes: [n0, n1], instances: 2 }\ndecode: { nodes: [n2] }\n${proxy}`;
    await using cluster = await realHosts({ hosts: 3, topology, name: "router", borrowed: [places.router] });
    const up = await cluster.pdctl("up", "--require-evidence");
    expect(up.code, said(up)).toBe(0);
    expect(said(up)).toMatch(/P 2\/2, D 1\/1, ([\d,]+) of \1 prompt tokens came from prefill \(counter\)/);
    expect((await cluster.pdctl("status")).code).toBe(0);
    const down = await cluster.pdctl("down");
    expect(down.code, said(down)).toBe(0);
    expect(cluster.leftovers()).toEqual([]);
    process.stderr.write(
      `  vllm-router, real engines: up in ${(up.ms / 1000).toFixed(1)}s\n${said(up)
        .split("\n")
        .filter((line) => /smoke/.test(line))
        .join("\n")}\n`,
    );
  },
  400_000,
);
