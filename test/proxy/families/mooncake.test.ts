import { expect, it } from "vitest";
import { togetherContract } from "../family-contract.ts";
import { type House, inHouse } from "../house.ts";

const SHORT = '{"model":"m","prompt":"one two three","max_tokens":4}';

togetherContract("mooncake", "mooncake");

it("a prefill that was started again is asked anew what its ranks are called, and decode is told the new names", () =>
  inHouse({ dialect: "mooncake", dpSize: 2 }, async (house) => {
    const [p] = house.p;
    const before = p?.engineIds;
    expect((await house.send(SHORT)).status).toBe(200);
    await p?.stop();
    await isOpen(house, "prefill", 0);
    expect(await house.send(SHORT)).toMatchObject({ status: 503, headers: { "x-pdctl-error": "target.none" } });
    await p?.start();
    await isOpen(house, "prefill", 1);
    expect(p?.engineIds).not.toEqual(before);
    for (let left = 4; left > 0; left--) expect((await house.send(SHORT)).status).toBe(200);
  }));

it("a prefill whose bootstrap server does not know all of its ranks gets no requests, and the log says why", () =>
  inHouse({ dialect: "mooncake", prefill: 2, dpSize: 2 }, async (house) => {
    const [p, other] = house.p;
    if (p === undefined || other === undefined) throw new Error("two prefills");
    for (const [says, why] of [
      [`{"0":{"engine_id":"only-one","worker_addr":{}}}`, "knows 1 ranks, and the endpoint has 2"],
      [`{"0":{"engine_id":"a"},"2":{"engine_id":"b"}}`, "has no engine_id for rank 1"],
      ["[]", "knows 0 ranks, and the endpoint has 2"],
      ["no JSON", "is no JSON object"],
    ] as const) {
      await p.stop();
      await isOpen(house, "prefill", 1);
      p.bootstrapSays = says;
      await p.start();
      await logs(house, why);
      const answers = await Promise.all([house.send(SHORT), house.send(SHORT)]);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    }
    expect(p.ids).toEqual([]);
    p.bootstrapSays = undefined;
    await isOpen(house, "prefill", 2);
    await Promise.all([1, 2, 3, 4].map(() => house.send(SHORT)));
    expect(p.ids.length).toBeGreaterThan(0);
  }));

/** So many of the role are up; each look is a round trip. */
async function isOpen(house: House, role: "prefill" | "decode", wanted: number): Promise<void> {
  for (const deadline = performance.now() + 10_000; ; ) {
    if (JSON.parse((await house.get("/health")).text)[role].up === wanted) return;
    if (performance.now() > deadline) throw new Error(`not ${wanted} of ${role} up`);
  }
}

async function logs(house: House, text: string): Promise<void> {
  for (const deadline = performance.now() + 10_000; !house.log.some((line) => line.includes(text)); ) {
    await house.get("/health");
    if (performance.now() > deadline) throw new Error(`no line with: ${text}\n${house.log.join("")}`);
  }
}

it("a first token that ends the text costs no KV, also where no number says so", () =>
  inHouse({ dialect: "mooncake" }, async (house) => {
    house.p[0]?.faults.push({ kind: "eos-first" });
    expect((await house.send(SHORT)).status).toBe(200);
  }));
