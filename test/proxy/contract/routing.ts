import { expect } from "vitest";
import type { Case } from "../family-contract.ts";
import type { House } from "../house.ts";

const SHORT = '{ "model":"m", "prompt":"one two three" , "max_tokens":4}';
/** No probe comes between the requests, so that a connection that was used is the one that is used again. */
const ONE_PROBE = { upMs: 60_000, otherMs: 10, answerMs: 1_000 };

/** Which engines a request goes to. */
export const routing: Readonly<Record<string, Case>> = {
  "round robin uses every rank evenly, and prefill and decode do not stay paired": (inOne) =>
    inOne({ prefill: 2, decode: 2, dpSize: 3 }, async (house) => {
      const pairs = new Set<string>();
      for (let request = 0; request < 36; request++) {
        const { headers } = await house.send(SHORT);
        pairs.add(`${headers["x-pdctl-prefill"]} ${headers["x-pdctl-decode"]}`);
      }
      for (const { ranks } of [...house.p, ...house.d])
        expect(ranks.map(String).sort().join("")).toBe("000000111111222222");
      expect(pairs.size).toBe(36);
    }),

  "an engine that refuses connections is passed over, and comes back by itself": (inOne) =>
    inOne({ prefill: 2, decode: 2 }, async (house) => {
      await Promise.all([house.p[0]?.stop(), house.d[0]?.stop()]);
      for (let request = 0; request < 4; request++) expect((await house.send(SHORT)).status).toBe(200);
      expect(house.p[1]?.ids).toHaveLength(4);
      expect(house.d[1]?.ids).toHaveLength(4);
      await Promise.all([house.p[0]?.start(), house.d[0]?.start()]);
      await healthy(house, 4);
      const again = await Promise.all([1, 2, 3, 4].map(() => house.send(SHORT)));
      expect(again.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      expect([house.p[0]?.ids.length, house.d[0]?.ids.length]).toEqual([2, 2]);
    }),

  "without any prefill, or any decode, the client gets 503 and may try again": (inOne) =>
    inOne({}, async (house) => {
      for (const [role, engine] of [["prefill", house.p[0]] as const, ["decode", house.d[0]] as const]) {
        await engine?.stop();
        await healthy(house, 1);
        const answer = await house.send(SHORT);
        expect(answer).toMatchObject({ status: 503, headers: { "retry-after": "1", "x-pdctl-error": "target.none" } });
        const health = await house.get("/health");
        expect([health.status, JSON.parse(health.text).lacks]).toEqual([503, [role]]);
        await engine?.start();
        await healthy(house, 2);
        expect((await house.get("/health")).status).toBe(200);
      }
      expect(house.d[0]?.ids).toEqual([]);
      expect(house.p[0]?.ids).toEqual([]); // no prefill is burnt for a decode that is not there
    }),

  "an engine that closes an idle connection under a request is not the client's problem": (inOne, dialect) =>
    inOne({ probeTimes: ONE_PROBE }, async (house) => {
      await house.send(SHORT);
      house.p[0]?.faults.push({ kind: "idle-closed" });
      expect((await house.send(SHORT, { id: "p" })).status).toBe(200);
      expect(house.p[0]?.ids.at(-1)).toBe("p-r1");
      house.d[0]?.faults.push({ kind: "idle-closed" });
      expect((await house.send(SHORT, { id: "d" })).status).toBe(200);
      expect([house.p[0]?.ids.slice(-2), house.d[0]?.ids.at(-1)]).toEqual([["d", "d-r1"], "d-r1"]);
      expect(house.cluster.registry.expire()).toBe(dialect === "ucm" ? 0 : 1); // what the lost ticket held
    }),

  "requests that two legs cannot serve go to decode alone, and say why": (inOne) =>
    inOne({}, async (house) => {
      const bodies = {
        best_of: '{"model":"m","prompt":["a","b"],"n":2,"best_of":3}',
        beam_search: '{"model":"m","prompt":"a","use_beam_search":true}',
        prompt_logprobs: '{"model":"m","prompt":"a","prompt_logprobs":0}',
        echo_logprobs: '{"model":"m","prompt":"a","echo":true,"logprobs":1}',
        no_output: '{"model":"m","prompt":"a","max_tokens":0}',
      };
      for (const [reason, raw] of Object.entries(bodies)) {
        const { status, headers } = await house.send(raw, { alone: true });
        expect([status, headers["x-pdctl-alone"], headers["x-pdctl-prefill"]]).toEqual([200, reason, undefined]);
      }
      for (const raw of [
        '{"model":"m","prompt":["a"]}',
        '{"model":"m","prompt":[1,2]}',
        '{"model":"m","prompt":[[1,2]],"n":1}',
      ])
        expect((await house.send(raw)).headers["x-pdctl-alone"]).toBeUndefined();
      expect(await house.metric("pdctl_proxy_bypass_total")).toHaveLength(5);
    }),

  "prompts below pd_min_prompt_tokens go to decode alone": (inOne) =>
    inOne({ config: { pd_min_prompt_tokens: 10 } }, async (house) => {
      const words = (bytes: number) => `{"model":"m","prompt":"${"x".repeat(bytes)}"}`;
      const ids = (count: number) => `{"model":"m","prompt":[${Array.from({ length: count }, (_, id) => id)}]}`;
      const nested = (count: number) => ids(count).replace(/\[.*\]/, "[$&]");
      for (const raw of [words(36), ids(9), nested(9)])
        expect((await house.send(raw, { alone: true })).headers["x-pdctl-alone"]).toBe("short_prompt");
      for (const raw of [words(37), ids(10), nested(10)])
        expect((await house.send(raw)).headers["x-pdctl-alone"]).toBeUndefined();
    }),
};

/** Asks until so many engines are up; each question is a round trip. */
async function healthy(house: House, wanted: number): Promise<void> {
  for (const deadline = performance.now() + 10_000; ; ) {
    const { prefill, decode } = JSON.parse((await house.get("/health")).text);
    if (prefill.up + decode.up === wanted) return;
    if (performance.now() > deadline) throw new Error(`${prefill.up} and ${decode.up} are up, not ${wanted}`);
  }
}
