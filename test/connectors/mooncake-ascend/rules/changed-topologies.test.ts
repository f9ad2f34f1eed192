import { expect, it } from "vitest";
import { factsRules, rules } from "../../../../src/connectors/mooncake-ascend/rules.ts";
import { plan } from "../../../../src/plan/index.ts";
import type { Topology } from "../../../../src/topology/topology.ts";
import { healthy } from "../../../healthy.ts";
import { madeFrom, says } from "../../../told.ts";

const a04 = rules.find(({ id }) => id === "A04");
const { topology } = madeFrom("ascend-moe-mooncake");

function withStore(change: (topology: Topology) => Partial<Topology>): Topology {
  const { cache } = topology.kv;
  if (cache === undefined) throw new Error("the topology has a cache");
  const stored = { ...topology, kv: { ...topology.kv, cache: { ...cache, connector: "ascend-store" } } };
  return { ...stored, ...change(stored) };
}
const withoutMaster = ({ kv }: Topology) => ({
  kv: { ...kv, transfer: { ...kv.transfer, fields: { prefill: {}, decode: {} } } },
});

it("A04: a store without a master, or with one that only its own node reaches", () => {
  expect(
    says(
      a04,
      withStore(() => ({})),
    ),
  ).toEqual([]);
  expect(says(a04, withStore(withoutMaster))).toEqual(["error: ascend-store has no master, and every engine needs it"]);
  const onLoopback = ({ nodes }: Topology) => ({ nodes: nodes.map((node) => ({ ...node, ip: "127.0.0.1" })) });
  expect(says(a04, withStore(onLoopback))).toEqual([
    "error: ascend-store has its master on a loopback address, and every engine needs it",
  ]);
  expect(says(a04, topology)).toEqual([]);
});

it("A08: the segments of a store against the memory that the node has available", () => {
  const a08 = factsRules.find(({ id }) => id === "A08");
  const stored = withStore(() => ({}));
  const made = plan(stored);
  const on = (available: number) => ({
    topology: stored,
    plan: made.plan,
    facts: healthy(stored, made.plan).map((one) => ({ ...one, limits: { memory: { total: available, available } } })),
    ...{ ours: new Set<string>(), ourDevices: new Set<string>(), holders: new Map<string, string>() },
  });
  expect(says(a08, on(64 * 2 ** 30))).toEqual([]);
  expect(says(a08, on(12 * 2 ** 30))).toEqual(
    ["a2-1", "a2-2", "a2-3", "a2-4"].map(
      (node) => `warning: the store's segments need 16.0 GiB on ${node}, which has 12.0 GiB of memory available`,
    ),
  );
  expect(says(a08, { ...on(2 ** 30), topology })).toEqual([]);
});
