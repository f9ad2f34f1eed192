import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ask } from "./asking.ts";
import { engineNow } from "./gauges.ts";
import { LOAD_MS, realHosts, said } from "./hosts.ts";
import { lackingHosts, titled } from "./place.ts";

/** NIXL's progress threads never sleep: those of four workers would have two cores for themselves. */
const plugin = join(import.meta.dirname, "plugins/calm-nixl");
/** Two halves of a model are two processes, so each engine has workers of its own. */
const topology = `
engine:
  env: { PYTHONPATH: { prepend: [${plugin}] } }
  parallel: { tp: 2 }
  args: { distributed-executor-backend: mp, max-num-seqs: 8 }
prefill: { nodes: [n0] }
decode: { nodes: [n1] }
timeouts: { ready: 9m }
`;

it.skipIf(lackingHosts !== undefined)(
  titled("tp 2: both halves of the KV cross, and down finds every worker", lackingHosts),
  async () => {
    await using real = await realHosts({ hosts: 2, topology, borrowed: [plugin] });
    const up = await real.pdctl("up", "--require-evidence");
    expect(up.code, said(up)).toBe(0);
    expect(up.stderr).toMatch(/P 1\/1, D 1\/1, (\d+) of \1 prompt tokens came from prefill \(counter\)/);
    const decode = real.url("n1", 8200);
    const before = await engineNow(decode);
    const body = { prompt: `${randomUUID()} in two halves`, max_tokens: 16 };
    const through = await ask(`${real.proxy}/v1/completions`, body);
    expect(through).toMatchObject({ status: 200, finish: "length" });
    const polls = { timeout: 20_000, interval: 50 };
    await expect.poll(() => engineNow(decode), polls).toMatchObject({ computed: before.computed, failedTransfers: 0 });
    await expect.poll(async () => (await engineNow(decode)).pulled, polls).toBeGreaterThan(before.pulled);
    const own = await ask(`${decode}/v1/completions`, { ...body, cache_salt: randomUUID() });
    expect(through.text).toBe(own.text);
    const workers = real
      .host("n1")
      .processes()
      .filter(({ argv }) => argv[0]?.startsWith("VLLM::Worker") === true);
    expect(workers).toHaveLength(2);
    const down = await real.pdctl("down");
    expect(down.code, said(down)).toBe(0);
    expect(real.leftovers()).toEqual([]);
  },
  LOAD_MS + 200_000, // four workers
);
