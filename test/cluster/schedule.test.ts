import { describe, expect, it } from "vitest";
import { compare } from "../../src/cluster/changes/changes.ts";
import { schedule } from "../../src/cluster/rolling/schedule.ts";
import { unitsOf } from "../../src/cluster/rolling/units.ts";
import { chosenGroups } from "../../src/cluster/standing/select.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { allOf, planned } from "./running.ts";

const steps = (after: Plan, before: Plan, chosen?: readonly string[]) => {
  const standing = allOf(before);
  const delta = compare(after, standing, { chosen: chosen && chosenGroups(after, chosen) });
  return schedule(unitsOf(delta, standing.services)).map(({ units, away }) => ({
    stops: units.flatMap((unit) => unit.stops.map(({ spec }) => spec.service)).sort((a, b) => a.localeCompare(b)),
    starts: units.flatMap((unit) => unit.starts.map(({ id }) => id)).sort((a, b) => a.localeCompare(b)),
    away: [...away].sort((a, b) => a.localeCompare(b)),
  }));
};

describe("in which order engines change while clients are served", () => {
  const nixl = (p: number, d: number, set: readonly string[] = []) =>
    planned("mi300x-llama-nixl.yaml", [
      "engine.parallel.tp=2",
      `prefill.instances=${p}`,
      `decode.instances=${d}`,
      ...set,
    ]);
  const ucm = (set: readonly string[] = []) => planned("ucm-xpyd.yaml", set);

  it("one instance after the other where the connector lets peers alone", () => {
    const groups = (plan: Plan, role: string) =>
      plan.instances.filter((each) => each.role === role).map(({ id }) => id);
    const rolled = steps(ucm(["decode.args.max-num-seqs=8"]), ucm());
    expect(rolled.map(({ away }) => away)).toEqual(groups(ucm(), "decode").map((group) => [group]));
    expect(rolled.every(({ stops, starts }) => stops.join() === starts.join())).toBe(true);
  });

  it("changes half of both roles while the other half serves, where one decode restarts with all that met it and them", () => {
    expect(steps(nixl(2, 2), nixl(2, 2), ["decode-0"]).map(({ away }) => away)).toEqual([
      ["decode-0", "prefill-0"],
      ["decode-1", "prefill-1"],
    ]);
  });

  it("changes half of both roles while the other half serves, where a whole role changes", () => {
    const rolled = steps(nixl(2, 2, ["prefill.args.max-num-seqs=8"]), nixl(2, 2));
    expect(rolled.map(({ away }) => away)).toEqual([
      ["decode-0", "prefill-0"],
      ["decode-1", "prefill-1"],
    ]);
  });

  it("all at once where one prefill or one decode is all there is", () => {
    const [only, ...more] = steps(nixl(1, 2, ["prefill.args.max-num-seqs=8"]), nixl(1, 2));
    expect(more).toEqual([]);
    expect(only?.away).toEqual(["decode-0", "decode-1", "prefill-0"]);
  });

  it("starts what joins before anything goes, and stops what leaves last", () => {
    expect(steps(nixl(2, 3), nixl(2, 2))).toEqual([{ stops: [], starts: ["decode-2-0"], away: ["decode-2"] }]);
    expect(steps(nixl(2, 2), nixl(2, 3))).toEqual([{ stops: ["decode-2-0"], starts: [], away: ["decode-2"] }]);
  });

  it("stops first what holds a device or a port that another one is to have", () => {
    const oneNode = (p: number) =>
      planned("mi300x-llama-nixl.yaml", ["engine.parallel.tp=2", "decode.nodes=[mi0]", `prefill.instances=${p}`]);
    const before = allOf(oneNode(1));
    const delta = compare(oneNode(2), before); // prefill-1 gets the devices of decode-0, which moves on
    const units = unitsOf(delta, before.services).map(({ groups }) => [...groups].sort((a, b) => a.localeCompare(b)));
    expect(units).toContainEqual(["decode-0", "prefill-1"]);
  });
});
