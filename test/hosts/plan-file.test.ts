import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { hosts } from "./lab.ts";
import { topology, two } from "./one-p-one-d.ts";
import { pdctl } from "./pdctl.ts";

it("what was reviewed is what runs; when a fact that it used has changed, up says which and starts nothing", async () => {
  await using lab = await hosts(two);
  const file = topology("reviewed");
  const [blind, asked, stale] = ["blind", "asked", "stale"].map((name) => join(file, `../${name}.json`));
  if (blind === undefined || asked === undefined || stale === undefined) throw new Error("three names");

  expect((await pdctl(["plan", file, "-o", blind])).code).toBe(0);
  const first = await pdctl(["up", "--plan", blind]);
  expect(first.code, first.stdout + first.stderr).toBe(0);

  const same = await pdctl(["plan", file, "--changes", "-o", asked]);
  expect(same.stdout).toContain("nothing to do");
  expect(JSON.parse(await readFile(asked, "utf8"))).toMatchObject({ provisional: false, unknowns: [] });
  const again = await pdctl(["up", "--plan", asked, "--ndjson"]);
  expect(again.code, again.stdout).toBe(0);
  expect(again.stdout).not.toContain('"state":"starting"'); // the plan with blanks and the plan with facts are one

  const text = await readFile(asked, "utf8");
  const { facts } = JSON.parse(text);
  const home = facts.nodes.n1.home;
  await writeFile(stale, text.replace(`"home": ${JSON.stringify(home)}`, '"home": "/home/before"'));
  const refused = await pdctl(["up", "--plan", stale]);
  expect(refused.code).toBe(8);
  expect(refused.stdout + refused.stderr).toMatch(/home of n[01] was \/home\/before, is /);

  const down = await pdctl(["down", file]);
  expect(down.code, down.stdout + down.stderr).toBe(0);
  expect(lab.leftovers()).toEqual([]);
});
