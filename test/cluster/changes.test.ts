import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { changesOf, compare } from "../../src/cluster/changes.ts";
import { plan } from "../../src/plan/index.ts";
import type { Plan, Service } from "../../src/plan/plan.ts";
import type { ServiceState } from "../../src/supervise/index.ts";
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

  it("lets decode run when a prefill joins where none was, and restarts it when one comes back to its place", () => {
    const of = (count: number) =>
      planned("mi300x-llama-nixl.yaml", ["engine.parallel.tp=4", `prefill.instances=${count}`]);
    const [one, two] = [of(1), of(2)];
    const joins = compare(two, allOf(one));
    expect(ids(joins.start)).toEqual(["prefill-1-0"]);
    expect(joins.restart.map(({ service }) => service.id)).toEqual(["proxy"]); // it has a target more
    const gone: ServiceState = { state: "died", exit: 0, signal: null, atMs: 0, asked: true };
    const former = found({ service: "prefill-1-0", node: "mi0" }, gone);
    const returns = compare(two, standing([...allOf(one).services, former]));
    expect(returns.restart).toContainEqual(
      expect.objectContaining({ why: "peer of prefill-1: its handshake with it would be stale" }),
    );
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
