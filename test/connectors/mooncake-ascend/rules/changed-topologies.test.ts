import { expect, it } from "vitest";
import { rules } from "../../../../src/connectors/mooncake-ascend/rules.ts";
import type { Topology } from "../../../../src/topology/topology.ts";
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
