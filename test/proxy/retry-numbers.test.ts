import { expect, it } from "vitest";
import type { Fault } from "./fake/faults.ts";
import { inHouse } from "./house.ts";

const body = '{"model":"m","prompt":"one two three","max_tokens":3}';
const busy: Fault = { kind: "status", status: 503, body: '{"error":"busy"}' };

it.each([
  { prefill_retries: 2, tried: 3 },
  { prefill_retries: 1, tried: 2 },
  { prefill_retries: 0, tried: 1 },
])(
  "prefill_retries $prefill_retries: a busy prefill's leg goes to $tried endpoints",
  async ({ prefill_retries, tried }) => {
    await inHouse({ dialect: "nixl", prefill: 4, config: { prefill_retries } }, async (house) => {
      for (const { faults } of house.p) faults.push(busy);
      expect(await house.send(body)).toMatchObject({ status: 503, text: busy.body });
      expect(house.p.filter(({ ids }) => ids.length > 0)).toHaveLength(tried);
    });
  },
);

it("decode_retries 0: a decode that fails is the client's to know, and no prompt is prefilled twice", async () => {
  await inHouse({ dialect: "nixl", decode: 2, config: { decode_retries: 0 } }, async (house) => {
    house.d[0]?.faults.push(busy);
    expect(await house.send(body)).toMatchObject({ status: 503, text: busy.body });
    expect([house.p[0]?.ids.length, house.d[1]?.ids]).toEqual([1, []]);
    house.cluster.registry.expire();
  });
});
