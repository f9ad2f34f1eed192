import { expect, it } from "vitest";
import { Coverage } from "../../src/cluster/smoke/coverage.ts";

const [p, d0, d1] = ["http://10.0.0.1:8100", "http://10.0.0.2:8200", "http://10.0.0.3:8200"];
const services = new Map([
  [p, "prefill-0-0"],
  [d0, "decode-0-0"],
  [d1, "decode-1-0"],
]);

it("what never served is named as people know it: an engine, or the slots of one", () => {
  const coverage = new Coverage([
    { url: p, role: "prefill", slots: 1 },
    { url: d0, role: "decode", slots: 3 },
    { url: d1, role: "decode", slots: 2 },
  ]);
  expect(coverage.most({ paths: false })).toBe(15);
  coverage.add({ prefill: { url: p, slot: 0 }, decode: { url: d0, slot: 1 } });
  expect(coverage.named((url) => services.get(url))).toEqual(["decode-0-0 slot 0", "decode-0-0 slot 2", "decode-1-0"]);
  expect(coverage.endpoints("decode")).toEqual([1, 2]);
  expect(coverage.slots("decode")).toEqual([1, 5]);
  for (const slot of [0, 2]) coverage.add({ prefill: { url: p, slot: 0 }, decode: { url: d0, slot } });
  for (const slot of [0, 1]) coverage.add({ prefill: { url: p, slot: 0 }, decode: { url: d1, slot } });
  expect(coverage.done({ paths: true })).toBe(true);
  expect(coverage.named((url) => services.get(url))).toEqual([]);
});
