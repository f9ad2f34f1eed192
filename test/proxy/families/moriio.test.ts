import { expect, it } from "vitest";
import { familyContract, togetherContract } from "../family-contract.ts";
import { inHouse } from "../house.ts";

const ALONE = "decode by itself would answer nonsense";

togetherContract("MoRI-IO where prefill writes", "moriio-write");
familyContract("MoRI-IO where decode reads", "moriio-read", {
  "requests that two legs cannot serve go to decode alone, and say why": ALONE,
  "prompts below pd_min_prompt_tokens go to decode alone": ALONE,
});

it("what would need decode alone is refused where decode would answer from KV that it does not have", () =>
  inHouse({ dialect: "moriio-read" }, async (house) => {
    for (const more of ['"use_beam_search":true', '"prompt_logprobs":1', '"max_tokens":0']) {
      const answer = await house.send(`{"model":"m","prompt":"a",${more}}`, { alone: true });
      expect(answer).toMatchObject({ status: 400, headers: { "x-pdctl-error": "request.not-alone" } });
    }
    const other = await house.send('{"model":"m","input":"a"}', { path: "/v1/responses", alone: true });
    expect(other).toMatchObject({ status: 400, headers: { "x-pdctl-error": "request.not-alone" } });
    expect((await house.send('{"model":"m","prompt":"a"}', { path: "/tokenize", alone: true })).status).toBe(200);
    expect(house.d[0]?.ids).toHaveLength(1);
  }));

it("a tool call that prefill refuses for its one token is the client's 400 there", () =>
  inHouse({ dialect: "moriio-read" }, async (house) => {
    house.p[0]?.faults.push({ kind: "status", status: 400, body: '{"error":"one token"}' });
    const raw = '{"model":"m","messages":[{"role":"user","content":"a"}],"tool_choice":"required"}';
    expect(await house.send(raw, { path: "/v1/chat/completions" })).toMatchObject({ status: 400 });
    expect(house.d[0]?.ids).toEqual([]);
  }));

it.each(["moriio-write", "moriio-read"] as const)(
  "a first token that ends the text costs no KV, also where no number says so (%s)",
  (dialect) =>
    inHouse({ dialect }, async (house) => {
      house.p[0]?.faults.push({ kind: "eos-first" });
      expect((await house.send('{"model":"m","prompt":"a b","max_tokens":4}')).status).toBe(200);
    }),
);
