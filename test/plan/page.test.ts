import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { plan } from "../../src/plan/index.ts";
import { planKeys, planTable } from "../../src/plan/written/page.ts";
import { factsOf, names, topologyOf } from "./topologies.ts";

const page = fileURLToPath(new URL("../../docs/plan-json.md", import.meta.url));
const marks = /(<!-- made of [^>]*-->)[\s\S]*(<!-- end of the keys -->)/;

it("docs/plan-json.md lists the keys of a plan as they are", () => {
  const text = readFileSync(page, "utf8");
  const made = text.replace(marks, (_, open: string, close: string) => `${open}\n\n${planTable()}\n\n${close}`);
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(page, made);
  expect(
    text === made || process.env.UPDATE_GOLDEN === "1",
    "UPDATE_GOLDEN=1 npx vitest run --project unit test/plan/page.test.ts",
  ).toBe(true);
});

/** Paths as the page writes them; a map's own keys stand as NAME where the page says so. */
function paths(value: unknown, path = ""): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one) => paths(one, `${path}[]`));
  if (typeof value !== "object" || value === null) return [path.replace(/\[\]$/, "")];
  return Object.entries(value).flatMap(([key, one]) => paths(one, path === "" ? key : `${path}.${key}`));
}

it.each([...names, "reference"])("%s: every value of its plan has a row", (name) => {
  const rows = planKeys().map(
    ({ path }) =>
      new RegExp(
        `^${path.replaceAll(".", "\\.").replaceAll("[]", "\\[\\]").replaceAll("NAME", "[^.]+")}(\\..*|\\[\\].*)?$`,
      ),
  );
  const topology = topologyOf(name);
  const values = [...new Set(paths(plan(topology, factsOf(topology)).plan))];
  expect(values.filter((value) => !rows.some((row) => row.test(value)))).toEqual([]);
});
