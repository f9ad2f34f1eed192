import { describe, expect, it } from "vitest";
import { isLive } from "../../src/cluster/changes/difference.ts";
import { groupsOf, owned, targetsIn, targetsOf, without, withTargets } from "../../src/cluster/rolling/endpoints.ts";
import { enginesOf } from "../../src/cluster/wave/spec.ts";
import { planned } from "./running.ts";

describe("what a running proxy is told of its endpoints while engines change", () => {
  const families = [
    ["ascend-dense-mooncake.yaml", [], "relay"],
    ["mi300x-llama-nixl.yaml", ["kv.transfer.mode=push"], "nixl-push"],
    ["mi300x-llama-nixl.yaml", ["kv.transfer.connector=moriio", "kv.transfer.side_channel_port=null"], "moriio-write"],
    ["../test/golden/variants/mooncake-bundled.yaml", [], "mooncake"],
  ] as const;

  it.each(families)("%s %j: every word that its family needs of each of them", (file, set, family) => {
    const plan = planned(file, set);
    const content = plan.services.find(({ kind }) => kind === "proxy")?.files.find(isLive)?.content ?? "";
    expect(JSON.parse(content)).toMatchObject({ family });
    const all = owned(targetsIn(content), groupsOf(enginesOf(plan)));
    expect(all.map(({ group }) => group)).not.toContain("");
    expect(targetsOf(plan)).toEqual(JSON.parse(content).targets);
    // all of them again: to the letter what the plan says, or the next look would see a change
    expect(withTargets(content, all)).toBe(content);
    const { left } = without(all, new Set(["decode-0"]));
    const fewer = targetsIn(withTargets(content, left));
    expect(fewer).toHaveLength(left.length);
    expect(JSON.parse(content).targets).toEqual(expect.arrayContaining([...fewer]));
  });

  it("those families do tell more of an endpoint than its url", () => {
    const keys = families.flatMap(([file, set]) => targetsOf(planned(file, set)).flatMap((one) => Object.keys(one)));
    expect(new Set(keys)).toEqual(new Set(["url", "role", "slots", "nixl", "moriio", "bootstrap_url"]));
  });

  it("a configuration of another proxy has none", () => {
    expect(targetsIn('{"targets":[{"url":"http://a:1","role":"both","slots":1}]}')).toEqual([]);
    expect(targetsIn('{"backends":[]}')).toEqual([]);
  });
});
