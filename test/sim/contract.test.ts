import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Stage } from "../real/contract/case.ts";
import { compare } from "../real/contract/compare.ts";
import { fixtureOf } from "../real/contract/fixture.ts";
import type { Launcher } from "../real/contract/launcher.ts";
import { type Performance, perform } from "../real/contract/perform.ts";
import { commandLines, ends, moreEnds, pair, ranks } from "../real/contract/stages.ts";
import { standIn } from "../real/contract/stand-in.ts";
import { page, type Row } from "../real/contract/table.ts";
import { engines } from "./engines.ts";

const host = engines();
const rows: Row[] = [];
const begin: ((launcher: Launcher) => void)[] = [];

/** The stand-in does in every case what real vLLM was seen to do, but for what is declared. */
function holds<World>(stage: Stage<World>): void {
  let performance: Performance<World> | undefined;
  begin.push((launcher) => {
    performance = perform(stage, launcher);
  });
  describe.sequential(stage.name, () => {
    afterAll(() => performance?.over, 30_000);
    for (const section of stage.sections)
      it.each(section.cases.map((one) => [one.name, one] as const))(
        `${section.title}: %s`,
        async (name, one) => {
          const seen = await performance?.seen(one);
          const { cases } = fixtureOf(section.name);
          expect(Object.keys(cases), "npm run record:contract").toContain(name);
          const { known, wrong } = compare(one, cases[name], seen);
          rows.push({ section, one, real: cases[name], known });
          expect(wrong).toEqual([]);
        },
        60_000,
      );
  });
}

const stages = [pair, ends, moreEnds, ranks, commandLines];

beforeAll(() => {
  for (const one of begin) one(standIn(host.bundle)); // all at once: they mostly wait
});
holds(pair);
holds(ends);
holds(moreEnds);
holds(ranks);
holds(commandLines);

const PAGE = join(import.meta.dirname, "../../docs/stand-in.md");

it("docs/stand-in.md tells of every row; UPDATE_GOLDEN=1 writes it anew", ({ skip }) => {
  const wanted = stages.flatMap(({ sections }) => sections.flatMap(({ cases }) => cases.length));
  skip(rows.length < wanted.reduce((sum, count) => sum + count, 0), "not all rows were asked for");
  const written = page(rows, fixtureOf("endpoints").engine);
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(PAGE, written);
  expect(existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "").toBe(written);
});
