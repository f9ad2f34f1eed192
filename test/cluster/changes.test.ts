import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { changesOf, compare } from "../../src/cluster/changes.ts";
import { plan } from "../../src/plan/index.ts";
import type { Plan, Service } from "../../src/plan/plan.ts";
import { loadTopology } from "../../src/topology/index.ts";
import { found, standing } from "./found.ts";

const root = new URL("../../topologies/", import.meta.url);
function planned(file: string, set: readonly string[] = []): Plan {
  const { topology } = loadTopology({ file, read: (path) => readFileSync(new URL(path, root)) }, { set, hosts: [] });
  if (topology === undefined) throw new Error(`${file} does not load`);
  return plan(topology).plan;
}
const running = ({ id, kind, role, group, node, hash, argv, env, peers }: Service) =>
  found({ service: id, kind, role, group, node, hash, peers, note: { argv, env } });
const allOf = (one: Plan, without: readonly string[] = []) =>
  standing(one.services.filter(({ id }) => !without.includes(id)).map(running));
const ids = (services: readonly { id: string }[]) => services.map(({ id }) => id);

describe("what up would do", () => {
  const now = planned("ascend-moe-mooncake.yaml");

  it("nothing, when all runs as planned", () => {
    const delta = compare(now, allOf(now));
    expect([delta.start, delta.restart, delta.stop]).toEqual([[], [], []]);
    expect(delta.keep).toHaveLength(10);
  });

  it("everything, when nothing runs", () => {
    expect(ids(compare(now, standing([])).start)).toEqual(ids(now.services));
  });

  it("restarts a changed instance and the peers that met it, and says which argument changed", () => {
    const changed = planned("ascend-moe-mooncake.yaml", ["prefill.args.max-num-seqs=8"]);
    const delta = compare(changed, allOf(now));
    const lines = changesOf(delta, [], "cluster.yaml");
    expect(lines).toEqual([
      {
        kind: "restart",
        services: ["prefill-0-0", "prefill-0-1", "prefill-0-2", "prefill-0-3"],
        why: "--max-num-seqs 4 → 8",
      },
      {
        kind: "restart",
        services: ["decode-0-0", "decode-0-1", "decode-0-2", "decode-0-3"],
        why: "peer of prefill-0: its handshake with it would be stale",
      },
      { kind: "keep", services: ["mooncake-master", "proxy"], why: "" },
    ]);
  });

  it("takes the whole group along when one rank is missing, and leaves peers alone that never met it", () => {
    const delta = compare(now, allOf(now, ["prefill-0-2", "proxy"]));
    expect(ids(delta.start)).toEqual(["prefill-0-2", "proxy"]);
    expect(delta.restart.map(({ service }) => service.id)).toEqual(["prefill-0-0", "prefill-0-1", "prefill-0-3"]);
  });

  it("stops what is not in the plan any more", () => {
    const extra = standing([...allOf(now).services, found({ service: "etcd", node: "a2-1" })]);
    const delta = compare(now, extra);
    expect(changesOf(delta, [], "cluster.yaml")[0]).toEqual({
      kind: "stop",
      services: ["etcd"],
      why: "not in cluster.yaml any more; runs on a2-1",
    });
  });
});
