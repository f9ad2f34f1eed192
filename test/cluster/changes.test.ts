import { describe, expect, it } from "vitest";
import { changesOf, compare } from "../../src/cluster/changes/changes.ts";
import { chosenGroups } from "../../src/cluster/standing/select.ts";
import type { ServiceState } from "../../src/supervise/index.ts";
import { found, standing } from "./found.ts";
import { allOf, ids, planned } from "./running.ts";

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
        why: "--max-num-seqs 4 → 8, from --set",
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
    expect(joins.restart).toEqual([]);
    expect(joins.retarget.map(({ service, why }) => [service.id, why])).toEqual([
      ["proxy", "its endpoints: 1 more; told while it runs"],
    ]);
    const gone: ServiceState = { state: "died", exit: 0, signal: null, atMs: 0, asked: true };
    const former = found({ service: "prefill-1-0", node: "mi0" }, gone);
    const returns = compare(two, standing([...allOf(one).services, former]));
    expect(returns.restart).toContainEqual(
      expect.objectContaining({ why: "peer of prefill-1: its handshake with it would be stale" }),
    );
  });

  it("takes along who met a peer that restarts, in turn, and says through whom", () => {
    const two = planned("mi300x-llama-nixl.yaml", [
      "engine.parallel.tp=2",
      "prefill.instances=2",
      "decode.instances=2",
    ]);
    const delta = compare(two, allOf(two), { chosen: chosenGroups(two, ["decode-0"]) });
    expect(delta.restart.map(({ service, why }) => [service.id, why])).toEqual([
      ["prefill-0-0", "peer of decode-0: its handshake with it would be stale"],
      ["prefill-1-0", "peer of decode-0: its handshake with it would be stale"],
      ["decode-0-0", "as told"],
      ["decode-1-0", "peer of prefill-0, which restarts with decode-0: its handshake with it would be stale"],
    ]);
  });

  it("restarts who holds a handshake with what a keeper started again, and nothing that came after it", () => {
    const two = planned("mi300x-llama-nixl.yaml", ["engine.parallel.tp=2", "decode.instances=2"]);
    const aged = (services: ReturnType<typeof allOf>["services"], ages: Readonly<Record<string, number>>) =>
      standing(
        services.map((one) => ({
          ...one,
          ...(one.state.state === "alive" && {
            state: { ...one.state, sinceMs: one.nodeNowMs - (ages[one.spec.service] ?? 1_000) },
          }),
          keeperStarts: one.spec.service === "prefill-0-0" ? 1 : 0,
        })),
      );
    const { services } = allOf(two);
    const kept = compare(two, aged(services, { "prefill-0-0": 10, "decode-0-0": 500, "decode-1-0": 5, proxy: 900 }));
    expect(kept.restart.map(({ service, why }) => [service.id, why])).toEqual([
      ["prefill-0-0", "peer of decode-0: its handshake with it would be stale"],
      ["decode-0-0", "peer of prefill-0, which its node started again: its handshake with it is stale"],
      ["decode-1-0", "peer of prefill-0, which restarts with decode-0: its handshake with it would be stale"],
    ]);
    const fresh = compare(two, aged(services, { "prefill-0-0": 10, "decode-0-0": 5, "decode-1-0": 5 }));
    expect(fresh.restart).toEqual([]);
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

  it("restarts the proxy for a key that it reads once, and names it", () => {
    const changed = planned("ascend-moe-mooncake.yaml", ["proxy.max_concurrent=8"]);
    expect(compare(changed, allOf(now)).restart).toMatchObject([
      { service: { id: "proxy" }, why: "max_concurrent 4096 → 8" },
    ]);
  });

  it("restarts the proxy for what proxy.serving says, and no engine with it", () => {
    const changed = planned("ascend-moe-mooncake.yaml", ["proxy.serving.queue_size=7", "proxy.serving.notice=5s"]);
    const delta = compare(changed, allOf(now));
    expect(delta.restart.map(({ service, why }) => [service.id, why])).toEqual([["proxy", "queue_size 7 is new"]]);
    expect(delta.retarget).toEqual([]);
  });

  it("names the leaf of a JSON argument that differs", () => {
    const changed = planned("mi300x-llama-nixl.yaml", ["kv.transfer.extra.num_threads=2"]);
    const delta = compare(changed, allOf(planned("mi300x-llama-nixl.yaml")));
    expect(delta.restart[0]?.why).toMatch(
      /^--kv-transfer-config kv_connector_extra_config\.num_threads 2 is new, from --set$/,
    );
  });

  it("restarts what it is told, whole groups, their peers, and nothing that merely differs", () => {
    const changed = planned("ascend-moe-mooncake.yaml", ["proxy.max_concurrent=8", "prefill.args.max-num-seqs=8"]);
    const delta = compare(changed, allOf(now), { chosen: chosenGroups(changed, ["decode-0-2"]) });
    expect(delta.restart.map(({ service, why }) => [service.id, why]).slice(0, 5)).toEqual([
      ["prefill-0-0", "peer of decode-0: its handshake with it would be stale"],
      ["prefill-0-1", "peer of decode-0: its handshake with it would be stale"],
      ["prefill-0-2", "peer of decode-0: its handshake with it would be stale"],
      ["prefill-0-3", "peer of decode-0: its handshake with it would be stale"],
      ["decode-0-0", "as told"],
    ]);
    expect(ids(delta.keep)).toEqual(["mooncake-master", "proxy"]);
    expect(() => chosenGroups(now, ["decode-7"])).toThrow(expect.objectContaining({ code: "usage" }));
  });
});
