import { expect, it } from "vitest";
import { isUp } from "../../src/cluster/wave/endings.ts";
import { plan } from "../../src/plan/index.ts";
import { topologyOf } from "../plan/topologies.ts";

const standing = { cluster: "c", generation: 1, owners: [], planned: [], nodes: [], services: [] };
const nextOf = (name: string, proof: string | undefined, rehearse = false) =>
  isUp(plan(topologyOf(name), [], { rehearse }).plan, standing, 1, proof).next;

it("a cluster that is up is told to be measured where the topology says how, and its engines can be", () => {
  expect(nextOf("ucm-1p1d", "KV moved")).toEqual(["pdctl status", "pdctl bench", "pdctl down"]);
  expect(nextOf("ucm-1p1d", undefined)).toContain("pdctl smoke"); // nothing is proven yet
  expect(nextOf("ucm-1p1d", "KV moved", true)).toContain("pdctl smoke"); // a stand-in has no bench
  expect(nextOf("mi300x-llama-nixl", "KV moved")).toContain("pdctl smoke");
});
