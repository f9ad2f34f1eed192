import { join } from "node:path";
import { expect, it } from "vitest";
import type { Plan } from "../../src/plan/plan.ts";
import { said } from "./hosts.ts";
import { lacks, onReferenceHosts, places } from "./peers.ts";
import { lacking as lackingVllm, titled, venv as vllm } from "./place.ts";

const script = (kind: string) => join(places.scripts, "scripts", `${kind}.py`);
const own = join(places.scripts, "bin/python");

/** The Python proxies of three projects, each on the topology of the document that starts it, with stand-in engines. */
const kinds = [
  {
    kind: "vllm-toy",
    topology: "cuda-gaudi-nixl",
    python: own,
    needs: [places.scripts],
    set: ["engine.runtime={kind: process}", "ssh.user=root"],
  },
  {
    kind: "ascend",
    topology: "ascend-dense-mooncake",
    python: own,
    needs: [places.scripts],
    set: ["kv.transfer.master=null"],
  },
  { kind: "ucm-toy", topology: "ucm-xpyd", python: join(vllm, "bin/python"), needs: [places.scripts, vllm], set: [] },
] as const;

for (const { kind, topology, python, needs, set } of kinds) {
  const lacking = lacks("scripts") ?? (needs.length > 1 ? lackingVllm : undefined);
  it.skipIf(lacking !== undefined)(
    titled(`${kind}: the project's own script relays behind pdctl as its document starts it`, lacking),
    async () => {
      const words = [`proxy.kind=${kind}`, `proxy.command=[${python},${script(kind)}]`, ...set];
      await using peered = await onReferenceHosts(topology, words, needs);
      const up = await peered.pdctl("up", "--require-evidence");
      expect(up.code, said(up)).toBe(0);
      expect(said(up)).toMatch(/[1-9][\d,]* of [\d,]+ prompt tokens came from prefill \(counter\)/);
      const status = await peered.pdctl("status");
      expect(status.code, said(status)).toBe(0);
      const down = await peered.pdctl("down", "--discard-logs");
      expect(down.code, said(down)).toBe(0);
      expect(peered.leftovers()).toEqual([]);
      process.stderr.write(`  ${kind}: up in ${(up.ms / 1000).toFixed(1)}s\n`);
    },
    240_000,
  );
}

const lacking = lacks("scripts") ?? lackingVllm;
it.skipIf(lacking !== undefined)(
  titled("ascend-layerwise: the script takes the command line of the plan, and is healthy", lacking),
  async () => {
    const words = [
      "proxy.kind=ascend-layerwise",
      `proxy.command=[${join(vllm, "bin/python")},${script("ascend-layerwise")}]`,
      ...["proxy.bind=192.168.10.1", "kv.transfer.variant=layerwise", "kv.transfer.master=null"],
    ];
    await using peered = await onReferenceHosts("ascend-dense-mooncake", words, [places.scripts, vllm]);
    const { services } = JSON.parse((await peered.pdctl("plan", "--json")).stdout) as Plan;
    const proxy = services.find(({ kind }) => kind === "proxy"); // started by hand: the stand-in engine does not play this variant
    await peered.lab.host("a2-1").spawn(`exec ${(proxy?.argv ?? []).join(" ")}`);
    const healthy = () =>
      fetch("http://192.168.10.1:7850/healthcheck").then(
        (reply) => reply.json(),
        () => undefined,
      );
    await expect.poll(healthy, { timeout: 60_000 }).toMatchObject({ prefill_instances: 2, decode_instances: 2 });
  },
  240_000,
);
