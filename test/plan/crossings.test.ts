import { expect, it } from "vitest";
import { crossings } from "../../src/plan/facts/crossings.ts";
import { madeFrom } from "../told.ts";

const ways = (name: string) =>
  crossings(madeFrom(name).plan).map(
    ({ from, to, first, last }) => `${from} → ${to}:${first}${first === last ? "" : `-${last}`}`,
  );

it("what has to be open before a rank waits for another: KV ports, the rendezvous, the master, the engines for the proxy", () => {
  const found = ways("ascend-moe-mooncake");
  expect(found).toContain("a2-3 → a2-1:28001-28008");
  expect(found).toContain("a2-2 → a2-1:13395");
  expect(found).toContain("a2-4 → a2-1:50088");
  expect(found).toContain("a2-1 → a2-3:9000-9001");
});

it("layerwise decode calls the proxy back, and nothing else does that", () => {
  const back = (name: string) => ways(name).filter((way) => way.endsWith("→ a2-1:7850"));
  expect(back("ascend-moe-mooncake")).toEqual([]);
  expect(back("../test/golden/variants/ascend-layerwise")).toEqual(["a2-3 → a2-1:7850", "a2-4 → a2-1:7850"]);
});

it("a node is not asked about itself, nor about ranges that only the kernel draws from", () => {
  for (const name of ["ascend-moe-mooncake", "gb200-deepseek-nixl", "mi300x-llama-nixl"])
    for (const way of crossings(madeFrom(name).plan)) {
      expect(way.from).not.toBe(way.to);
      expect(way.last - way.first).toBeLessThan(64);
    }
  expect(ways("ucm-1p1d")).toEqual([]);
});
