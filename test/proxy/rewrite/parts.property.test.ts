import fc from "fast-check";
import { expect, it } from "vitest";
import { readObject } from "../../../src/proxy/body/json.ts";
import { partsOf } from "../../../src/proxy/rewrite/split/parts.ts";

const text = fc.string({ unit: "grapheme", maxLength: 8 });
const prompt = fc.oneof(
  text,
  fc.array(text, { minLength: 1, maxLength: 3 }),
  fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
);
const request = fc.record(
  {
    model: text,
    prompt,
    n: fc.integer({ min: 1, max: 3 }),
    seed: fc.integer(),
    user: text,
    stop: fc.array(text, { maxLength: 2 }),
  },
  { requiredKeys: ["prompt"] },
);
const asList = (given: unknown) =>
  Array.isArray(given) && given.length > 1 && typeof given[0] !== "number" ? given : [given];

it("every part is the request with one prompt and one sample: the same text as ever else, and found where it stands", () => {
  fc.assert(
    fc.property(request, fc.constantFrom(undefined, 1), (value, space) => {
      const { n, ...rest } = value;
      const parts = partsOf(readObject(Buffer.from(JSON.stringify(value, null, space))), 16) ?? [];
      const samples = n ?? 1;
      const prompts = asList(value.prompt);
      expect(parts.length).toBe(prompts.length * samples > 1 ? prompts.length * samples : 0);
      for (const { body, index, sample } of parts) {
        expect(readObject(body.bytes)).toEqual(body);
        expect(JSON.parse(body.bytes.toString())).toEqual({
          ...rest,
          prompt: prompts[Math.floor(index / samples)],
          ...(value.seed !== undefined && { seed: value.seed + sample }),
        });
        expect(sample).toBe(index % samples);
      }
    }),
  );
});

it("a seed beyond what a float holds is counted up exactly", () => {
  const parts = partsOf(readObject(Buffer.from('{"seed" : 9223372036854775800,"prompt":"a","n":3}')), 16);
  expect(parts?.map(({ body }) => body.bytes.toString())).toEqual([
    '{"seed" : 9223372036854775800,"prompt":"a"}',
    '{"seed":9223372036854775801,"prompt":"a"}',
    '{"seed":9223372036854775802,"prompt":"a"}',
  ]);
});

it("parts that would be larger together than a request may be are not made", () => {
  const body = (n: number) => readObject(Buffer.from(`{"n":${n},"prompt":"${"x".repeat(12 * 1024 * 1024)}"}`));
  expect(partsOf(body(5), 16)).toHaveLength(5);
  expect(partsOf(body(6), 16)).toBeUndefined();
});
