import fc from "fast-check";
import { expect, it } from "vitest";
import { readObject } from "../../../src/proxy/body/json.ts";
import { cachedTokensIn } from "../../../src/proxy/rewrite/cached-tokens.ts";
import { edited, elementsOf, nested, valueEdit } from "../../../src/proxy/rewrite/spans.ts";
import { summedUsage } from "../../../src/proxy/rewrite/usage.ts";

const key = fc.oneof(fc.constantFrom("usage", "choices", "text", "index", "id", '"', "\\", "ü😀"), fc.string());
const tree = fc.object({
  key,
  maxDepth: 3,
  values: [fc.string({ unit: "grapheme" }), fc.integer(), fc.constant(null)],
});
/** The same value as an engine might write it: with spaces, or without. */
const spaced = fc.constantFrom(undefined, 1, "\t");

it("a value that is set anywhere in an answer is that value when it is read, and no other byte has changed", () => {
  fc.assert(
    fc.property(tree, fc.constantFrom("a", "b", "choices"), tree, spaced, (other, name, inner, space) => {
      const value = { ...other, deep: { ...inner, [name]: 7, list: [inner, { [name]: 1 }] } };
      const text = JSON.stringify(value, null, space);
      const object = readObject(Buffer.from(text));
      const at = nested(object, "deep");
      if (!at) throw new Error("not found");
      const edits = valueEdit(at.object, at.at.start, name, "[0.10]");
      const out = edited(object.bytes, edits).toString();
      expect(JSON.parse(out)).toEqual({ ...value, deep: { ...value.deep, [name]: [0.1] } });
      const [edit] = edits;
      expect(out.length - text.length).toBe("[0.10]".length - ((edit?.end ?? 0) - (edit?.start ?? 0)));
      const elements = elementsOf(at.object, "list").map(({ start, end }) =>
        at.object.bytes.toString("utf8", start, end),
      );
      expect(elements.map((element) => JSON.parse(element))).toEqual(value.deep.list);
    }),
  );
});

const count = fc.nat({ max: 1_000_000 });
const details = fc.option(fc.record({ cached_tokens: count, audio_tokens: fc.constant(null) }));
const usage = fc.record({ prompt_tokens: count, completion_tokens: count, prompt_tokens_details: details });

it("the usage of several answers is the sum of what they used, where a prompt counts once", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(usage, fc.boolean(), spaced), { minLength: 1, maxLength: 5 }), (all) => {
      const used = all.map(([one, countsPrompt, space]) => ({
        usage: Buffer.from(JSON.stringify({ ...one, total_tokens: 0, vendor: "1.0" }, null, space)),
        countsPrompt,
      }));
      const prompts = all.filter(([, countsPrompt]) => countsPrompt).map(([one]) => one);
      const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
      const [prompt, completion] = [
        sum(prompts.map(({ prompt_tokens }) => prompt_tokens)),
        sum(all.map(([one]) => one.completion_tokens)),
      ];
      const cached = sum(prompts.map(({ prompt_tokens_details }) => prompt_tokens_details?.cached_tokens ?? 0));
      const first = all[0]?.[0].prompt_tokens_details;
      expect(JSON.parse(summedUsage(used).toString())).toEqual({
        ...{ prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion, vendor: "1.0" },
        prompt_tokens_details: first && { ...first, cached_tokens: cached },
      });
    }),
  );
});

it("prefill's number is found where it stands, and in no text that looks like it", () => {
  const told = (text: string) => cachedTokensIn(Buffer.from(text));
  expect(told('{"usage":{"prompt_tokens_details":{"cached_tokens": 12 }}}')).toBe("12");
  expect(told('{"usage":{"prompt_tokens_details":{"cached_tokens":null}}}')).toBeUndefined();
  expect(told('{"choices":[{"text":"\\"cached_tokens\\":3"}],"usage":{"prompt_tokens_details":null}}')).toBeUndefined();
  expect(told('{"cached_tokens":3}')).toBeUndefined();
  expect(told('{"usage":{"prompt_tokens_details":{"cached_tokens":12}')).toBeUndefined();
});
