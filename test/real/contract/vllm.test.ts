import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lacking } from "../place.ts";
import type { Stage } from "./case.ts";
import { fixtureOf, keep } from "./fixture.ts";
import { type Performance, perform } from "./perform.ts";
import { commandLines, ends, moreEnds, pair, ranks } from "./stages.ts";
import { recordedFrom, vllm } from "./vllm.ts";

const RECORDING = process.env.UPDATE_CONTRACT === "1";
const START_MS = 900_000; // of three engines that others share the machine with

/** Real vLLM says what it said when it was recorded; with UPDATE_CONTRACT=1 it is recorded. */
function holds<World>(stage: Stage<World>): void {
  describe.sequential(stage.name, () => {
    let performance: Performance<World> | undefined;
    beforeAll(() => {
      performance = perform(stage, vllm);
    });
    afterAll(() => performance?.over, START_MS);
    for (const { name: section, title, cases } of stage.sections)
      it.each(cases.map((one) => [one.name, one] as const))(
        `${title}: %s`,
        async (name, one) => {
          const seen = await performance?.seen(one);
          const names = cases.map((each) => each.name);
          if (RECORDING) keep(section, names, name, seen, recordedFrom());
          else expect(seen, "npm run record:contract records it anew").toEqual(fixtureOf(section).cases[name]);
        },
        START_MS,
      );
  });
}

if (lacking !== undefined) it.skip(`real vLLM is what the stand-in is measured by (${lacking})`);
else {
  holds(pair);
  holds(ends);
  holds(moreEnds);
  holds(ranks);
  holds(commandLines);
}
