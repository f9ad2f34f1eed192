import fc from "fast-check";
import { expect, it } from "vitest";
import { frameFilter, wholeFilter } from "../../../src/proxy/rewrite/filter.ts";
import { dataIn, Frames, framesOf } from "../../../src/proxy/rewrite/frames.ts";

const lineEnd = fc.constantFrom("\n", "\r\n");
const line = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }).map((text) => `data: {"text":"${text.replaceAll(/[\r\n]/g, "")}"}`),
  fc.constantFrom(": ping", "event: x", "data: [DONE]", "data:", 'data: {"word":1}'),
);
/** Frames as engines and heartbeats write them, with line ends of both kinds, now and then mixed within one. */
const frame = fc
  .tuple(fc.array(fc.tuple(line, lineEnd), { minLength: 1, maxLength: 3 }), lineEnd)
  .map(([lines, blank]) => lines.flat().join("") + blank);
const stream = fc.tuple(fc.array(frame, { maxLength: 8 }), fc.constantFrom("", "data: cut sh", "data: x\r"));

/** The same bytes in chunks that are cut anywhere. */
const cut = (bytes: Buffer, places: readonly number[]) => {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
};
const run = (filter: ReturnType<typeof frameFilter>, chunks: readonly Buffer[]) =>
  Buffer.concat([...chunks.map((chunk) => filter.pass(chunk) ?? Buffer.alloc(0)), filter.end()]).toString();

it("however a stream is cut, what is edited are its whole frames, in their order, and all else is as it came", () => {
  fc.assert(
    fc.property(stream, fc.array(fc.nat(), { maxLength: 20 }), ([frames, rest], places) => {
      const seen: string[] = [];
      const filter = frameFilter(Buffer.from("word"), (bytes) => {
        seen.push(bytes.toString());
        return Buffer.from(`<${bytes}>`);
      });
      const parts = [...frames, rest];
      const out = run(filter, cut(Buffer.from(parts.join("")), places));
      expect(out).toBe(parts.map((each) => (each.includes("word") ? `<${each}>` : each)).join(""));
      expect(seen).toEqual(frames.filter((each) => each.includes("word")));
    }),
    { numRuns: 500 },
  );
});

it("a frame goes on as soon as its blank line is there, without a copy where a chunk ends with it", () => {
  const frames = new Frames();
  const chunk = Buffer.from("data: 1\n\ndata: 2\r\n\r\n");
  expect(frames.take(chunk)).toBe(chunk);
  expect(frames.take(Buffer.from("data: 3\n"))).toBeUndefined();
  expect(frames.take(Buffer.from("\ndata: 4"))?.toString()).toBe("data: 3\n\n");
  expect(frames.rest().toString()).toBe("data: 4");
  expect([...framesOf(chunk)].map(String)).toEqual(["data: 1\n\n", "data: 2\r\n\r\n"]);
});

it("a frame larger than any may be ends the cutting: what follows goes through as it comes", () => {
  const frames = new Frames(10);
  expect(frames.take(Buffer.from("data: 1234"))).toBeUndefined();
  expect(frames.take(Buffer.from("5"))?.toString()).toBe("data: 12345");
  expect([frames.raw, frames.take(Buffer.from("6"))?.toString()]).toEqual([true, "6"]);
});

it("an answer larger than any may be goes through unedited", () => {
  const filter = wholeFilter(Buffer.from("a"), () => Buffer.from("edited"), 3);
  expect([filter.pass(Buffer.from("aa")), filter.pass(Buffer.from("aa"))?.toString()]).toEqual([undefined, "aaaa"]);
  expect([filter.pass(Buffer.from("b"))?.toString(), filter.end().toString()]).toEqual(["b", ""]);
});

it("the data of a frame is its one data line, whatever stands beside it", () => {
  const data = (text: string) => {
    const span = dataIn(Buffer.from(text));
    return span && text.slice(span.start, span.end);
  };
  expect(data("event: x\r\ndata: {}\r\nid: 7\r\n\r\n")).toBe("{}");
  expect(data("data:{}\n\n")).toBe("{}");
  expect(data("data: {}")).toBe("{}");
  expect(data("data: {\ndata: }\n\n")).toBeUndefined();
  expect(data(": ping\n\n")).toBeUndefined();
});
