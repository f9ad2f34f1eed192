import fc from "fast-check";
import { expect, it } from "vitest";
import { firstElements, JsonError, readObject } from "../../src/proxy/body/json.ts";
import { splice } from "../../src/proxy/body/splice.ts";

const KEYS = ["prompt", "max_tokens", "stream", "kv_transfer_params", 'x"y', "ü"];
const space = fc.stringMatching(/^[ \n\t\r]{0,2}$/);
/** JSON text in any spelling: spaces anywhere, escaped keys, duplicate keys, numbers that a parser would round. */
const scalar = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
  fc.constantFrom(
    "9007199254740993",
    "1.0",
    "-0.5E+10",
    '"\\u00e9\\ud83d\\ude00"',
    '"a\\\\"',
    '"}"',
    '"[,]"',
    "[ ]",
    "{ }",
    "null",
  ),
);
const escaped = (key: string) =>
  `"${[...key].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`;
const key = fc
  .tuple(fc.constantFrom(...KEYS), fc.boolean())
  .map(([name, escapes]) => (escapes ? escaped(name) : JSON.stringify(name)));
const member = fc
  .tuple(space, key, space, space, scalar, space)
  .map(([a, k, b, c, v, d]) => `${a}${k}${b}:${c}${v}${d}`);
const object = fc
  .tuple(space, fc.array(member, { maxLength: 6 }), space)
  .map(([a, members, b]) => `${a}{${members.join(",")}}${b}`);
const changes = fc.record({
  set: fc.dictionary(fc.constantFrom(...KEYS), scalar, { maxKeys: 3 }),
  drop: fc.subarray(KEYS),
});

it("splice means what parse, modify and stringify would mean", () => {
  fc.assert(
    fc.property(object, changes, (text, { set, drop }) => {
      const spliced = splice(readObject(Buffer.from(text)), { set, drop: new Set(drop) }).toString();
      const wanted = new Map<string, unknown>(Object.entries(JSON.parse(text)));
      for (const name of drop) wanted.delete(name);
      for (const [name, value] of Object.entries(set)) wanted.set(name, JSON.parse(value));
      expect(new Map(Object.entries(JSON.parse(spliced)))).toEqual(wanted);
    }),
    { numRuns: 1_000 },
  );
});

it("what is not touched keeps its bytes, and no key is there twice that was set", () => {
  fc.assert(
    fc.property(object, scalar, (text, ticket) => {
      const without = splice(readObject(Buffer.from(text)), { drop: new Set(["kv_transfer_params"]) }).toString();
      const spliced = splice(readObject(Buffer.from(text)), { set: { kv_transfer_params: ticket } }).toString();
      const own = `"kv_transfer_params":${ticket}`;
      expect(spliced.split(own).length).toBeGreaterThan(1);
      expect([spliced.replace(`${own},`, () => ""), spliced.replace(own, () => "")]).toContain(without);
      expect(readObject(Buffer.from(spliced)).members.filter((each) => each.key === "kv_transfer_params")).toHaveLength(
        1,
      );
    }),
    { numRuns: 1_000 },
  );
});

it("takes exactly the texts that are JSON objects", () => {
  const broken = fc
    .tuple(object, fc.nat(60), fc.constantFrom("", ",", "}", '"', "\\", "0", "\u0000", "\n", ":", "tru", "-"))
    .map(([text, at, junk]) => text.slice(0, at) + junk + text.slice(at + 1));
  fc.assert(
    fc.property(fc.oneof(broken, fc.string(), fc.json()), (text) => {
      expect(accepts(text)).toBe(isJsonObject(text));
    }),
    { numRuns: 3_000 },
  );
});

it("reads the elements of a list as texts", () => {
  fc.assert(
    fc.property(fc.array(scalar, { maxLength: 5 }), space, (elements, gap) => {
      const found = firstElements(Buffer.from(`[${gap}${elements.join(`${gap},${gap}`)}${gap}]`), 3);
      expect(found?.map(String)).toEqual(elements.slice(0, 3));
    }),
  );
});

it("refuses what is not UTF-8, and nesting that would exhaust an engine's parser", () => {
  expect(() => readObject(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toThrow("UTF-8");
  expect(() => readObject(Buffer.from(`{"a":${"[".repeat(100_000)}`))).toThrow("nested");
});

const accepts = (text: string) => {
  try {
    return readObject(Buffer.from(text)).members.length >= 0;
  } catch {
    return false;
  }
};
const isJsonObject = (text: string) => {
  try {
    const value: unknown = JSON.parse(Buffer.from(text).toString());
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
};

it("a long text ends where JSON.parse says, wherever in memory it lies and whatever stands in it", () => {
  const odd = fc.constantFrom(
    '"',
    "\\",
    "\\n",
    '\\"',
    "\n",
    "\u0000",
    "\u001f",
    " ",
    "!",
    "é",
    "😀",
    "\u007f",
    "\u2028",
  );
  const run = fc.integer({ min: 0, max: 300 }).map((length) => "x".repeat(length));
  const text = fc.array(fc.tuple(run, odd), { maxLength: 4 }).map((parts) => parts.flat().join(""));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 8 }), run, text, run, (offset, before, inner, after) => {
      const json = `{"a":"${before}${inner}${after}","b":1}`;
      const bytes = Buffer.alloc(Buffer.byteLength(json) + offset + 8, '"').subarray(
        offset,
        offset + Buffer.byteLength(json),
      );
      bytes.write(json);
      let parsed: object | undefined;
      try {
        parsed = JSON.parse(json);
      } catch {
        expect(() => readObject(bytes)).toThrow(JsonError);
        return;
      }
      const { members } = readObject(bytes);
      expect(
        Object.fromEntries(members.map((one) => [one.key, JSON.parse(bytes.toString("utf8", one.value, one.end))])),
      ).toEqual(parsed);
    }),
    { numRuns: 2_000 },
  );
});
