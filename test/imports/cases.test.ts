import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { remarkLines } from "../../src/report/text/remarks.ts";
import { cases, imported, lines, plannedOf, root } from "./read-case.ts";

const update = process.env.UPDATE_EXPECTED === "1";
const topologies = join(import.meta.dirname, "../../topologies");

function expected(path: string, text: string): void {
  if (update) writeFileSync(path, text);
  expect(text).toBe(existsSync(path) ? readFileSync(path, "utf8") : "");
}

describe.each(cases)("a user who imports %s", (name) => {
  const home = join(root, name);
  const { yaml, remarks } = imported(name);
  const judged = yaml === undefined ? { plan: undefined, said: [] } : plannedOf(yaml, "topology.yaml", () => undefined);

  it("gets this topology, and reads what became of each line", () => {
    expected(join(home, "topology.yaml"), yaml ?? "");
    expected(
      join(home, "remarks"),
      `${[...remarkLines(remarks, false), ...judged.said.map((line) => `validate: ${line}`)].join("\n")}\n`,
    );
  });

  const [reference, ...differences] = lines(home, "golden");
  if (reference === undefined) return;
  it(`gets the plan of ${reference}, but for what is named`, () => {
    const file = join(topologies, reference);
    const golden = plannedOf(readFileSync(file), file, (path) => readFileSync(path), differences);
    expect(golden.said.filter((line) => line.startsWith("error"))).toEqual([]);
    expect(judged.plan).toBeDefined();
    const bare = (plan: typeof judged.plan) =>
      plan &&
      JSON.parse(
        JSON.stringify({
          ...plan,
          overrides: undefined,
          hash: undefined,
          services: plan.services.map((service) => ({ ...service, hash: undefined })),
        }),
      );
    expect(bare(judged.plan)).toEqual(bare(golden.plan));
  });
});
