import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expandRange, foldGroups, foldRange, naturally, parseRange } from "../../src/topology/index.ts";

describe("a range stands for names as clush and pdsh write them", () => {
  it.each([
    ["n[0-3]", ["n0", "n1", "n2", "n3"]],
    ["192.168.10.[1-2]", ["192.168.10.1", "192.168.10.2"]],
    ["10.0.1.1[0-1]", ["10.0.1.10", "10.0.1.11"]],
    ["gpu[001-003,099]", ["gpu001", "gpu002", "gpu003", "gpu099"]],
    ["gpu[08-11]", ["gpu08", "gpu09", "gpu10", "gpu11"]],
    ["r[1-2]n[0-1]", ["r1n0", "r1n1", "r2n0", "r2n1"]],
    ["n[0-8/4]", ["n0", "n4", "n8"]],
    ["n[2,0]-ib", ["n2-ib", "n0-ib"]],
    ["login, n[1-2] n7", ["login", "n1", "n2", "n7"]],
    ["n[3]", ["n3"]],
  ])("%s", (text, names) => expect(expandRange(text)).toEqual(names));

  it.each([
    ["", "no name", 0],
    ["n[1-3", "[ without ]", 1],
    ["n1]", "] without [", 2],
    ["a,n[3-1]", "3-1 runs backwards", 4],
    ["n[]", '"" is no number and no span like 0-5', 2],
    ["n[1,]", '"" is no number and no span like 0-5', 4],
    ["n[a-c]", '"a-c" is no number and no span like 0-5', 2],
    ["n[1-2-3]", '"1-2-3" is no number and no span like 0-5', 2],
    ["n[0-9/0]", "a step of 0", 2],
    ["n[0-99999999999]", "more than 10000 names", 2],
    ["n[0-999]m[0-999]", "more than 10000 names", 10],
    ["n[-5]", '"-5" is no number and no span like 0-5', 2],
  ])("%s is refused", (text, wrong, offset) => expect(parseRange(text)).toMatchObject({ wrong, offset }));

  it("throws a usage error where a range must be one", () =>
    expect(() => expandRange("n[1-")).toThrow(expect.objectContaining({ code: "usage" })));
});

describe("names fold into what can be pasted back", () => {
  it.each([
    [["a2-4", "a2-1", "a2-3", "a2-2"], "a2-[1-4]"],
    [["prefill-0-0", "prefill-0-1", "prefill-0-3"], "prefill-0-[0-1,3]"],
    [["gpu001", "gpu002", "gpu099", "gpu100"], "gpu[001-002,099-100]"],
    [["n9", "n10", "n8"], "n[8-10]"],
    [["n1", "n01", "n2"], "n01,n[1-2]"],
    [["a", "b1", "b2"], "a,b[1-2]"],
    [["10.0.0.1", "10.0.0.2"], "10.0.0.[1-2]"],
    [["here"], "here"],
    [[], ""],
  ])("%j", (names, text) => expect(foldRange(names)).toBe(text));

  it("folds over two numbers, and leaves the hole as a group of its own", () => {
    const grid = [0, 1, 2, 3].flatMap((i) => [0, 1, 2].map((j) => `decode-${i}-${j}`));
    expect(foldGroups(grid.filter((name) => name !== "decode-2-1"))).toEqual([
      "decode-[0-1,3]-[0-2]",
      "decode-2-[0,2]",
    ]);
  });

  it("folds any text with numbers in it", () => {
    expect(foldGroups(["prefill-0 on a2-2", "decode-0 on a2-3", "decode-0 on a2-4"])).toEqual([
      "decode-0 on a2-[3-4]",
      "prefill-0 on a2-2",
    ]);
  });

  const padded = fc
    .tuple(fc.nat(120), fc.constantFrom(0, 2, 3))
    .map(([number, width]) => String(number).padStart(width, "0"));
  const name = fc
    .tuple(fc.constantFrom("n", "gpu", "r-"), padded, fc.constantFrom("", "-", "x"), fc.option(padded, { nil: "" }))
    .map((parts) => parts.join(""));
  it("what is folded expands to the same names, each once", () => {
    fc.assert(
      fc.property(fc.array(name, { maxLength: 40, minLength: 1 }), (names) => {
        expect([...expandRange(foldRange(names))].sort(naturally)).toEqual([...new Set(names)].sort(naturally));
      }),
    );
  });

  it("what is expanded folds to at most as many groups as it was written in", () => {
    const span = fc.tuple(fc.nat(50), fc.nat(50)).map(([first, more]) => `${first}-${first + more}`);
    fc.assert(
      fc.property(fc.array(span, { minLength: 1, maxLength: 4 }), (spans) => {
        const text = `n[${spans.join(",")}]`;
        const folded = foldRange(expandRange(text));
        expect(foldGroups(expandRange(text))).toHaveLength(1);
        expect(foldRange(expandRange(folded))).toBe(folded);
      }),
    );
  });

  it("whatever the text, it is a range or says where it is not", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom("n", "[", "]", "0", "9", "-", ",", "/", " ") })),
        (text) => {
          const parsed = parseRange(text);
          if ("names" in parsed) expect(parsed.names.length).toBeGreaterThan(0);
          else expect(parsed.offset + parsed.length).toBeLessThanOrEqual(Math.max(1, text.length + 1));
        },
      ),
      { numRuns: 500 },
    );
  });
});
