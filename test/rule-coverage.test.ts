import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { catalogue } from "../src/plan/catalogue.ts";
import list from "./rule-ids.json" with { type: "json" };

const home = fileURLToPath(new URL(".", import.meta.url));
const places = [
  ...["topology/rules", "plan/rules", "plan/facts-rules", "hardware/rules"],
  ...[
    "nixl",
    "ucm",
    "mooncake-ascend",
    "mooncake",
    "lmcache",
    "mooncake-store",
    "ascend-store",
    "moriio",
    "example",
  ].map((name) => `connectors/${name}/rules`),
];
const shown = new Set(places.flatMap((place) => readdirSync(`${home}${place}`)));

/** Shown by a test of their own: most because no topology can break them, as the plan makes it right, so the test breaks the plan. */
const elsewhere: Readonly<Record<string, string>> = {
  M15: "it takes devices of a known size: plan/capacity.test.ts",
  M16: "it takes devices of a known size: plan/capacity.test.ts",
  M03: "one name is written for all: plan/rules/changed-plans.test.ts",
  N05: "pdctl's own ports cannot meet: plan/rules/changed-plans.test.ts",
  N10: "pdctl's own ports cannot meet: plan/rules/changed-plans.test.ts",
  U13: "the plan makes the prompt longer than a block: ucm/rules/changed-plans.test.ts",
  X09: "the side-channel host is always the node's ip: nixl/rules/changed-plans.test.ts",
};
const ids = [
  ...Object.entries(list.highest).flatMap(([letter, highest]) =>
    Array.from({ length: highest }, (_, index) => `${letter}${String(index + 1).padStart(2, "0")}`),
  ),
  ...list.own,
];

describe("every rule of the reference", () => {
  it.each(ids)("%s exists, and has a fixture", (id) => {
    expect(catalogue().has(id), "exists").toBe(true);
    expect(shown.has(id) || elsewhere[id] !== undefined, "has a fixture").toBe(true);
  });
  it("there is no other one", () => {
    expect([...catalogue().keys()].filter((id) => !ids.includes(id))).toEqual([]);
  });
});
