import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { codeRows } from "../src/cli/verbs/explain.ts";
import { connectors } from "../src/connectors/index.ts";
import { causes } from "../src/diagnose/index.ts";
import { pullCauses } from "../src/engines/index.ts";
import { hardware } from "../src/hardware/index.ts";
import { factsRules } from "../src/plan/facts/rules/index.ts";
import { argumentRules } from "../src/plan/rules/arguments.ts";
import { capacityRules } from "../src/plan/rules/capacity.ts";
import { planRules } from "../src/plan/rules/index.ts";
import { codePage } from "../src/report/pages/codes.ts";
import { namedCodes } from "../src/topology/index.ts";
import { topologyRules } from "../src/topology/rules/index.ts";
import { modelRules } from "../src/topology/rules/model-config.ts";

const home = new URL("../docs/explain/", import.meta.url);
const pages = new Map(
  readdirSync(home).map((name) => [name.replace(/\.md$/, ""), readFileSync(new URL(name, home), "utf8")] as const),
);
const rules = [
  ...topologyRules,
  ...planRules,
  ...argumentRules,
  ...capacityRules,
  ...factsRules,
  ...modelRules,
  ...[...hardware.values()].flatMap((one) => [...one.rules, ...(one.factsRules ?? [])]),
  ...[...connectors.values()].flatMap((one) => [
    ...[...one.rules, ...one.planRules],
    ...[...(one.modelRules ?? []), ...(one.factsRules ?? [])],
  ]),
];
const ids = new Set([...rules.map(({ id }) => id), "S04", "S05", "S07"]);
const levels = new Map<string, string>([
  ...Object.keys(namedCodes).map((code) => [code, "error"] as const),
  ...["S04", "S05", "S07"].map((code) => [code, "error"] as const), // the loader's own
  ...rules.map(({ id, level }) => [id, level] as const),
  ["rehearsal", "note"],
  ...[...causes, ...pullCauses].map(({ id }) => [id, "cause"] as const),
]);

describe("pdctl explain has a page for every code that a user can meet", () => {
  it("every code has a page", () => {
    expect([...levels.keys()].filter((code) => !pages.has(code))).toEqual([]);
  });
  it("every page is of a code", () => {
    expect([...pages.keys()].filter((code) => !levels.has(code))).toEqual([]);
  });
  it.each([...pages])("%s", (code, text) => {
    const lines = text.split("\n");
    expect(lines[0]).toMatch(new RegExp(`^${code}  ${levels.get(code)}  found (in|when|while|by|on) `));
    expect(lines[1]).toBe("");
    expect(lines[2]).toMatch(/^\S.*[.:]$/);
    expect(text).toMatch(/^(Change|Do)( one of)?\n {2}\S/m);
    const [, related = ""] = /^Related {2}(.*)$/m.exec(text) ?? [];
    for (const entry of related.split(" · ").filter((one) => one !== ""))
      expect([...pages.keys()]).toContain(entry.split(" ")[0]);
    expect(lines.filter((line) => line.length > 200)).toEqual([]);
  });
  it.each([...pages].filter(([code]) => ids.has(code)))(
    "%s says what would have happened, and by whose word",
    (_, text) => {
      expect(text).toMatch(/^(Without (this rule|it) |Nothing breaks|It may work)/m);
      expect(text).toMatch(/^Source {2}\S/m);
    },
  );
  it("docs/rules.md is what npm run rules makes of the same pages", async () => {
    const written = readFileSync(new URL("../docs/rules.md", import.meta.url), "utf8");
    expect(`${codePage(await codeRows()).join("\n")}\n`, "stale: npm run build && npm run rules").toBe(written);
  });
  it("a cause's page says what the card says", () => {
    for (const { id, says, remedy } of [...causes, ...pullCauses]) {
      const page = pages.get(id)?.toLowerCase() ?? "";
      for (const sentence of [says, ...remedy]) expect(page, id).toContain(sentence.toLowerCase());
    }
  });
});
