import { describe, expect, it } from "vitest";
import { diffPlans } from "../../src/plan/answers/diff.ts";
import { plan } from "../../src/plan/index.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { planDiff } from "../../src/report/plan/diff.ts";
import { names, topologyOf } from "./topologies.ts";

const made = (name: string, ...set: string[]): Plan => plan(topologyOf(name, ...set)).plan;
const shown = (before: Plan, after: Plan, full = false) =>
  planDiff(diffPlans(before, after), {
    before,
    after,
    other: "old.json",
    full,
    more: "pdctl plan --diff old.json --full",
  }).slice(2);

describe("what separates two plans", () => {
  it.each(names)("%s and itself: nothing", (name) => {
    expect(diffPlans(made(name), made(name))).toEqual({ services: [], cluster: [] });
  });

  it("an argument is named by its flag, once for all engines that have it", () => {
    const [before, after] = [made("ascend-moe-mooncake"), made("ascend-moe-mooncake", "prefill.args.max-num-seqs=8")];
    expect(shown(before, after)).toEqual([
      "~ changed   prefill-0-[0-3]      --max-num-seqs 4 → 8",
      "",
      "0 added, 0 removed, 4 changed",
      "  next    pdctl plan --diff old.json --full",
    ]);
  });

  it("a value inside a JSON argument, a variable and a line of the proxy's config each have a name of their own", () => {
    const before = made("mi300x-llama-nixl");
    const after = made("mi300x-llama-nixl", "kv.transfer.num_threads=4", "decode.env.A=1", "proxy.max_concurrent=9");
    const fields = diffPlans(before, after).services.flatMap(({ service, fields }) =>
      fields.map((one) => ({ service, ...one })),
    );
    expect(fields).toContainEqual({
      service: "prefill-0-0",
      field: "--kv-transfer-config kv_connector_extra_config.num_threads",
      before: null,
      after: "4",
    });
    expect(fields).toContainEqual({ service: "decode-0-0", field: "env A", before: null, after: "1" });
    expect(fields.filter(({ service }) => service === "proxy").map(({ field }) => field)).toEqual([
      "proxy.json max_concurrent",
    ]);
  });

  it("services that come and go, and what belongs to none", () => {
    const [before, after] = [made("ucm-1p1d"), made("ucm-xpyd")];
    const { services, cluster } = diffPlans(before, after);
    expect(services.filter(({ kind }) => kind === "added").map(({ service }) => service)).toEqual([
      "prefill-1-0",
      "decode-1-0",
    ]);
    expect(
      diffPlans(after, before)
        .services.filter(({ kind }) => kind === "removed")
        .map(({ service }) => service),
    ).toEqual(["prefill-1-0", "decode-1-0"]);
    expect(cluster.map(({ field }) => field)).toContain("smoke.requests");
  });

  it("every change of a hash is explained by a field", () => {
    for (const set of [
      "engine.env.X=1",
      "engine.venv=/opt/v",
      "engine.prelude=source /x",
      "decode.devices=[1]",
      "prefill.port=9100",
    ]) {
      const [before, after] = [
        made("mi300x-llama-nixl", "decode.parallel.tp=1"),
        made("mi300x-llama-nixl", "decode.parallel.tp=1", set),
      ];
      const hashes = new Map(before.services.map(({ id, hash }) => [id, hash]));
      const changed = after.services.filter(({ id, hash }) => hashes.get(id) !== hash).map(({ id }) => id);
      const explained = diffPlans(before, after).services.map(({ service }) => service);
      expect(changed.length, set).toBeGreaterThan(0);
      expect(
        changed.filter((id) => !explained.includes(id)),
        set,
      ).toEqual([]);
    }
  });
});
