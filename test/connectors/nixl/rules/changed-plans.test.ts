import { describe, expect, it } from "vitest";
import { planRules } from "../../../../src/connectors/nixl/rules.ts";
import { changed, madeFrom, says } from "../../../told.ts";

const x09 = planRules.find(({ id }) => id === "X09");
const pair = madeFrom("cuda-gaudi-nixl");
const local = madeFrom("local");

describe("X09: a side channel that only its own node reaches", () => {
  it.each(["127.0.0.1", "localhost", "0.0.0.0"])("speaks of %s between nodes", (host) => {
    const plan = changed(pair.plan, ({ id, env }) =>
      id === "decode-0-0" ? { env: { ...env, VLLM_NIXL_SIDE_CHANNEL_HOST: host } } : {},
    );
    expect(says(x09, { ...pair, plan })).toEqual([
      `error: decode-0-0 names ${host} as its side channel, where no other node reaches it`,
    ]);
  });
  it("speaks when there is none, as vLLM then takes localhost", () => {
    const plan = changed(pair.plan, ({ env }) => ({
      env: Object.fromEntries(Object.entries(env).filter(([name]) => name !== "VLLM_NIXL_SIDE_CHANNEL_HOST")),
    }));
    expect(says(x09, { ...pair, plan })).toHaveLength(2);
  });
  it("is silent about the nodes' own addresses, and on one machine", () => {
    expect(says(x09, pair)).toEqual([]);
    expect(says(x09, local)).toEqual([]);
  });
});
