import { expect } from "vitest";
import { eventsIn, textIn } from "../client.ts";
import type { Case } from "../family-contract.ts";

const C = "/v1/completions";
const pairsOf = (rest: string) =>
  ["one two", "three"].map((prompt) => `{"prompt":"${prompt}","model":"m","max_tokens":3${rest}}`);

/** What takes more than one pair of legs, and what of the answer is prefill's to say. */
export const several: Readonly<Record<string, Case>> = {
  "several prompts are answered each from KV of its own, as one answer": (inOne) =>
    inOne({ prefill: 2, decode: 2 }, async (house) => {
      for (const [id, rest] of [
        ["whole", ""],
        ["stream", ',"stream":true,"stream_options":{"include_usage":true}'],
      ] as const) {
        const pairs = pairsOf(rest);
        const raw = `{"model":"m","prompt":["one two","three"],"max_tokens":3${rest}}`;
        const answer = await house.send(raw, { id, pairs });
        expect(answer).toMatchObject({ status: 200, whole: true, headers: { "x-pdctl-pairs": "2" } });
        const last = rest === "" ? JSON.parse(answer.text) : eventsIn(answer.text).at(-1);
        const said = (index: number) => (rest === "" ? last.choices[index].text : textIn(answer.text, index));
        for (const [index, pair] of pairs.entries()) expect(said(index)).toBe(house.cluster.answerTo(C, pair, 3));
        expect(last.usage.completion_tokens).toBe(6);
        expect(last.id).toMatch(new RegExp(`^cmpl-${id}(-[0-9a-f]{12})?$`));
      }
    }),

  "what decode gives back is prefilled again": (inOne) =>
    inOne({ config: { resume_recomputed: true } }, async (house) => {
      const raw = '{"model":"m","prompt":[1,2,3],"max_tokens":3}';
      house.d[0]?.faults.push({ kind: "given-back", after: 1 });
      const answer = await house.send(raw, { id: "a", resumes: [raw] });
      expect(JSON.parse(answer.text).choices[0]).toMatchObject({
        text: house.cluster.answerTo(C, raw, 3),
        finish_reason: "length",
      });
      expect([house.p[0]?.ids.length, house.d[0]?.ids.length]).toEqual([2, 2]);
    }),

  "the cached tokens that a client reads of are prefill's": (inOne) =>
    inOne({}, async (house) => {
      for (const p of house.p) p.cachedTokens = 5;
      for (const d of house.d) d.cachedTokens = 1999;
      const answer = await house.send('{"model":"m","prompt":"one two three","max_tokens":3}');
      expect(JSON.parse(answer.text).usage.prompt_tokens_details.cached_tokens).toBe(5);
    }),
};
