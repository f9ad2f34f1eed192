import { expect, it } from "vitest";
import { plan } from "../../../src/plan/index.ts";
import { topologyOf } from "../../plan/topologies.ts";

const KEY = "additional-config.recompute_scheduler_enable";
const configOf = (...set: readonly string[]) => {
  const { services } = plan(topologyOf("ascend-dense-mooncake", ...set)).plan;
  const file = services.find(({ kind }) => kind === "proxy")?.files.find(({ name }) => name === "proxy.json");
  return file && "content" in file ? file.content : undefined;
};

it("the proxy looks for requests that decode gives back where decode is told to give them back, and there alone", () => {
  expect(configOf(`decode.args.${KEY}=true`)).toContain('"resume_recomputed": true');
  expect(configOf(`decode.args.additional-config={"recompute_scheduler_enable":true}`)).toContain("resume_recomputed");
  for (const set of [[], [`prefill.args.${KEY}=true`], [`decode.args.${KEY}=false`]])
    expect(configOf(...set)).not.toContain("resume_recomputed");
});
