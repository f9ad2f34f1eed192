import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { topologyRules } from "../../../src/topology/rules/index.ts";
import { ruleFixtures } from "../../rule-fixtures.ts";
import { told } from "../../told.ts";

ruleFixtures({ beside: import.meta.url, rules: topologyRules, alsoCodes: ["S04", "S05", "S07"] });

const home = fileURLToPath(new URL("../../../topologies/", import.meta.url));
describe.each(readdirSync(home).filter((name) => name.endsWith(".yaml")))("a topology that is shipped: %s", (name) => {
  it("is right, so no rule speaks", () => {
    expect(told(`${home}${name}`)).toEqual([]);
  });
  it("is right when it is rehearsed", () => {
    expect(told(`${home}${name}`, { rehearse: true })).toEqual([]);
  });
});
