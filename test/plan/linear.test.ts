import { Session } from "node:inspector";
import { afterAll, beforeAll, expect, it } from "vitest";
import { manyNodes } from "../../bench/many-nodes.mjs";
import { plan } from "../../src/plan/index.ts";
import { planText } from "../../src/report/plan-text.ts";
import { loadTopology, locate } from "../../src/topology/index.ts";

/** How often each block of pdctl's own code ran, by function and place: the same on every machine, however busy it is. */
type Counts = ReadonlyMap<string, number>;

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly {
      readonly functionName: string;
      readonly ranges: readonly { readonly startOffset: number; readonly count: number }[];
    }[];
  }[];
}

const session = new Session();
beforeAll(() => {
  session.connect();
  session.post("Profiler.enable");
});
afterAll(() => session.disconnect());

const pdctl = /\/src\/[^?]*\.ts/;

function counted(work: () => void, files = pdctl): Counts {
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  try {
    work();
    let coverage: Coverage = { result: [] };
    session.post("Profiler.takePreciseCoverage", (_, taken: Coverage) => {
      coverage = taken;
    });
    const own = coverage.result.filter(({ url }) => files.test(url));
    return new Map(
      own.flatMap(({ url, functions }) =>
        functions.flatMap(({ functionName, ranges }) =>
          ranges.map(({ startOffset, count }): [string, number] => [
            `${url.replace(/.*\/src\//, "")} ${functionName} +${startOffset}`,
            count,
          ]),
        ),
      ),
    );
  } finally {
    session.post("Profiler.stopPreciseCoverage");
  }
}

/** As `validate` and `plan` do it: the file is read, planned, judged and shown. */
function planOf(nodes: number): void {
  const text = Buffer.from(manyNodes(nodes));
  const loaded = loadTopology({ file: "many.yaml", read: () => text }, { set: [], hosts: [] });
  if (loaded.topology === undefined) throw new Error("the topology of many nodes does not load");
  const made = plan(loaded.topology);
  expect(locate(made.findings, loaded.origins)).toEqual([]);
  expect(made.plan.services).toHaveLength(8 * nodes + 1);
  planText(made.plan, { own: [], findings: [] });
}

const grows = (small: Counts, large: Counts, factor: number) =>
  [...large].flatMap(([block, count]) => {
    const before = small.get(block) ?? 0;
    return count > 1000 && count > before * factor ? [`${block}: ${before} → ${count}`] : [];
  });

it("a plan of eight times the nodes takes eight times the steps, in every function", () => {
  planOf(8); // what happens once per process has happened
  const [small, large] = [counted(() => planOf(16)), counted(() => planOf(128))];
  expect(small.size).toBeGreaterThan(500); // it has seen the code at all
  expect(grows(small, large, 8 * 1.5)).toEqual([]);
});

it("a check that compared every pair would be seen", () => {
  const pairs = (size: number) => {
    const all = Array.from({ length: size }, (_, index) => index);
    return () => all.filter((one) => all.some((other) => other === one + 1));
  };
  const here = /linear\.test\.ts/;
  expect(grows(counted(pairs(50), here), counted(pairs(400), here), 8 * 1.5)).toHaveLength(1);
});
