import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { told } from "./told.ts";

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const shipped = folder("../topologies/");
const variants = folder("golden/variants/");
const files = (home: string) => readdirSync(home).filter((name) => name.endsWith(".yaml"));

/** Variants that are wrong on purpose, and all that may be said about them. */
const wrong: Readonly<Record<string, readonly string[]>> = {
  "gb200-as-written.yaml": ["M10"],
  "gb200-one-node.yaml": ["P10"],
  "gb200-one-rank-each.yaml": ["P09"],
  "gb200-own-batch.yaml": ["M09"],
  "het-no-gdr.yaml": ["X10"],
  "het-swapped-experimental.yaml": ["X01"],
  "het-swapped.yaml": ["X01"],
  "mi300x-threshold-0.yaml": ["R08"],
  "moe-16.yaml": ["N01", "N03"],
  "moe-20001.yaml": ["N03"],
  "moe-dense.yaml": ["P08", "P16"],
  "moe-unshared.yaml": ["U01"],
  "ucm-cross-no-dtype.yaml": ["M07"],
  "ucm-cross-two-dtypes.yaml": ["M07"],
  "ucm-cross-unshared.yaml": ["U01"],
};

const codes = (file: string, ask: Parameters<typeof told>[1] = {}) => [
  ...new Set(told(file, ask).map(({ code }) => code)),
];

describe("a warning can be trusted: on what is right there is none", () => {
  it.each(files(shipped))("%s, alone, rehearsed, and on nodes where everything is there", (name) => {
    const file = `${shipped}${name}`;
    for (const ask of [{}, { rehearse: true }, { facts: "healthy" }, { rehearse: true, facts: "healthy" }] as const)
      expect(codes(file, ask), JSON.stringify(ask)).toEqual([]);
  });
  it.each(files(variants))("%s", (name) => {
    for (const ask of [{}, { facts: "healthy" }] as const)
      expect(
        codes(`${variants}${name}`, ask).toSorted((a, b) => a.localeCompare(b)),
        JSON.stringify(ask),
      ).toEqual(wrong[name] ?? []);
  });
});
