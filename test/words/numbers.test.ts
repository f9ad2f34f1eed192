import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cut, width, wrap } from "../../src/report/text/width.ts";
import { folded, naming, runs, shorten, signalNumber } from "../../src/words/names.ts";
import { clock, count, duration, latency, limit, several, size } from "../../src/words/numbers.ts";

describe("numbers as people read them", () => {
  it.each([
    [0, "0.0s"],
    [0.28, "0.3s"],
    [9.94, "9.9s"],
    [9.97, "10s"],
    [41.4, "41s"],
    [59.7, "1m 00s"],
    [188, "3m 08s"],
    [372, "6m 12s"],
    [8040, "2h 14m"],
    [10_800, "3h 00m"],
    [3 * 86_400 + 4 * 3600, "3d 04h"],
  ])("a duration of %f s is %s", (seconds, text) => expect(duration(seconds)).toBe(text));

  it.each([
    [30, "30s"],
    [900, "15m"],
    [7200, "2h"],
    [90, "1m 30s"],
    [0.5, "0.5s"],
  ])("a limit of %f s is %s, as a topology writes it", (seconds, text) => expect(limit(seconds)).toBe(text));

  it.each([
    [62_464, "61.0 KiB"],
    [40_265_318, "38.4 MiB"],
    [682_622_976, "651 MiB"],
    [2_480_343_614, "2.31 GiB"],
    [1_047_000, "1.00 MiB"],
    [58_089_682_739, "54.1 GiB"],
    [512, "0.50 KiB"],
    [5 * 1024 ** 4, "5120 GiB"],
  ])("%i bytes are %s", (bytes, text) => expect(size(bytes)).toBe(text));

  it("counts get commas from 10,000 on, and nothing has an (s)", () => {
    expect([count(9999), count(19_328), latency(28.4), latency(5400)]).toEqual(["9999", "19,328", "28ms", "5.4s"]);
    expect([several(0, "engine"), several(1, "engine"), several(2, "engine"), several(1, "1", "x")]).toEqual([
      "no engines",
      "1 engine",
      "2 engines",
      "1 1",
    ]);
  });

  it("a clock time has its date only on another day", () => {
    expect(clock("2026-11-20T10:02:11.204Z", "2026-11-20T23:00:00Z")).toBe("10:02:11Z");
    expect(clock("2026-11-19T10:02:11.204Z", "2026-11-20T23:00:00Z")).toBe("2026-11-19 10:02:11Z");
  });
});

describe("names as people read them", () => {
  it("an instance with one engine has its own name, the others keep their engines", () => {
    const shown = naming(["prefill-0-0", "decode-0-0", "decode-0-1", "proxy", "decode-long-ctx-0"]);
    expect(["prefill-0-0", "decode-0-1", "proxy", "decode-long-ctx-0", "decode-7-3"].map(shown)).toEqual([
      "prefill-0",
      "decode-0-1",
      "proxy",
      "decode-long-ctx",
      "decode-7-3",
    ]);
  });
  it("sets fold, in the order in which they came", () => {
    expect(folded(["prefill-0-0", "prefill-0-1", "prefill-0-3", "decode-0-0", "decode-0-1"])).toBe(
      "prefill-0-[0-1,3], decode-0-[0-1]",
    );
    expect(folded(["gpu099", "gpu001", "gpu002"])).toBe("gpu[001-002,099]");
  });
  it("more than six groups end in how many more", () => {
    const names = Array.from({ length: 10 }, (_, i) => [0, 1].map((k) => `${"abcdefghij"[i]}-${k}`)).flat();
    expect(folded(names)).toBe("a-[0-1], b-[0-1], c-[0-1], d-[0-1], e-[0-1], f-[0-1], … 8 more");
  });
  it("ids run together, CUDA UUIDs do not", () => {
    expect([runs(["0", "1", "2", "3", "6"]), runs([4, 5]), runs(["GPU-1a", "GPU-2b"]), runs([])]).toEqual([
      "0-3,6",
      "4-5",
      "GPU-1a,GPU-2b",
      "",
    ]);
  });
  it("paths under the current directory and the home are short", () => {
    const places = { home: "/home/wu", cwd: "/home/wu/work" };
    expect(["/home/wu/work/a", "/home/wu/b", "/home/wulf/c", "/x"].map((path) => shorten(path, places))).toEqual([
      "./a",
      "~/b",
      "/home/wulf/c",
      "/x",
    ]);
  });
  it("a signal is its number", () =>
    expect([signalNumber("SIGKILL"), signalNumber("TERM"), signalNumber("?")]).toEqual(["9", "15", "?"]));
});

describe("a cut line", () => {
  it("never takes more columns than there are, whatever is in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 40 }), (text, columns) => {
        expect(width(cut(text, columns))).toBeLessThanOrEqual(columns);
        if (width(text) <= columns) expect(cut(text, columns)).toBe(text);
      }),
    );
  });
  it("counts wide characters as two and combining marks as none", () => {
    expect([width("模型"), width("é"), width("e\u0301"), width("✔ → │"), cut("模型模型", 5)]).toEqual([
      4,
      1,
      1,
      5,
      "模型…",
    ]);
  });
  it("breaks between words only", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ minLength: 1 }).filter((word) => !word.includes(" ")),
          { minLength: 1 },
        ),
        (words) => {
          expect(wrap(words.join(" "), 20).join(" ")).toBe(words.join(" "));
        },
      ),
    );
  });
});
