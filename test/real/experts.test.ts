import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ask, complete } from "./asking.ts";
import { engineNow } from "./gauges.ts";
import { LOAD_MS, type RealHosts, realHosts, said } from "./hosts.ts";
import { lackingHosts, models, titled } from "./place.ts";

/** vLLM 0.32 cannot exchange tokens between the experts of several CPUs; this can. */
const plugin = join(import.meta.dirname, "plugins/cpu-experts");
/** One rank per node is external data parallelism, whatever it is called: `hybrid` is what vLLM itself would turn into it. */
const topology = (loadBalancing: "hybrid" | "external") => `
model: { path: ${models.moe}, kind: moe }
prefill: { nodes: [n0] }
decode:
  nodes: [n1, n2]
  parallel: { dp: 2, dp_local: 1, dp_lb: ${loadBalancing}, expert_parallel: true }
  env: { PYTHONPATH: { prepend: [${plugin}] } }
`;
const polls = { timeout: 20_000, interval: 50 };

describe.skipIf(lackingHosts !== undefined)(
  titled("decode with experts on two machines", lackingHosts),
  { timeout: 120_000 },
  () => {
    let real: RealHosts;
    let [prefill, ...ranks] = ["", "", ""];
    beforeAll(async () => {
      real = await realHosts({ hosts: 3, topology: topology("hybrid"), borrowed: [plugin] });
      [prefill, ...ranks] = [real.url("n0", 8100), real.url("n1", 8200), real.url("n2", 8200)];
    });
    afterAll(() => real?.[Symbol.asyncDispose]());

    it(
      "hybrid with one rank per node is said to be external, comes up as that, and both ranks get KV",
      async () => {
        const plan = await real.pdctl("plan");
        expect(plan.stdout).toMatch(
          /warning P09 +decode-0 has one rank per node, so vLLM turns its hybrid balancing into external/,
        );
        const up = await real.pdctl("up", "--require-evidence");
        expect(up.code, said(up)).toBe(0);
        expect(up.stderr).toMatch(/P 1\/1, D 2\/2, (\d+) of \1 prompt tokens came from prefill \(counter\)/);
        expect(
          ["n1", "n2"].map((node, rank) =>
            real
              .host(node)
              .listeners()
              .some(({ port }) => port === 5600 + rank),
          ),
        ).toEqual([true, true]); // the side channel is the base and the rank
      },
      LOAD_MS,
    );

    it("each rank pulls what it decodes", async () => {
      const before = await Promise.all(ranks.map(engineNow));
      const answers = await Promise.all([1, 2, 3, 4].map(() => complete(real.proxy, `${randomUUID()} experts`)));
      const by = answers.map(({ headers }) => headers.get("x-pdctl-decode"));
      expect(new Set(by)).toEqual(new Set(ranks.map((url) => `${url}#0`)));
      for (const [at, url] of ranks.entries()) {
        const tokens = answers
          .filter((_, one) => by[one] === `${url}#0`)
          .reduce((sum, one) => sum + one.promptTokens, 0);
        await expect
          .poll(() => engineNow(url), polls)
          .toMatchObject({
            pulled: (before[at]?.pulled ?? 0) + tokens,
            computed: before[at]?.computed,
            failedTransfers: 0,
          });
      }
    });

    it("says what one engine with all experts says", async () => {
      const own = { cache_salt: randomUUID() };
      const body = { prompt: "the experts of two machines", max_tokens: 16 };
      const through = await ask(`${real.proxy}/v1/completions`, body);
      const alone = await Promise.all(ranks.map((url) => ask(`${url}/v1/completions`, { ...body, ...own })));
      expect(alone.map(({ text }) => text)).toEqual([through.text, through.text]);
      const whole = await ask(`${prefill}/v1/completions`, { ...body, ...own, max_tokens: 1 });
      expect(through.text.startsWith(whole.text)).toBe(true); // further on, the order of a bf16 sum may show
      expect(whole.text).not.toBe("");
    });

    it("written as external it is the same plan: there is nothing to do", async () => {
      real.change(topology("external"));
      const changes = await real.pdctl("plan", "--changes");
      expect(changes.code, said(changes)).toBe(0);
      expect(said(changes)).toMatch(/nothing to do/);
      expect(said(changes)).not.toMatch(/P09/);
    });

    it("down leaves nothing on any machine", async () => {
      const down = await real.pdctl("down");
      expect(down.code, said(down)).toBe(0);
      expect(real.leftovers()).toEqual([]);
    });
  },
);
