import { describe, expect, it } from "vitest";
import { planned } from "./planned.ts";
import { idsOf, serviceView } from "./view.ts";

const rowOf = (name: string, id: string) => {
  const { node, flags, listens, env, devices } = serviceView(planned(name).plan, id);
  return { node, flags, listens, env, devices };
};
const reserved = (name: string, node: string, purpose: string) =>
  (planned(name).plan.reservations[node] ?? []).filter((each) => each.purpose === purpose).map(({ first, last }) => `${first}-${last}`);

/** The worked expansions, written out by hand. Source: launch.md §11. */
describe("a user gets the numbers that were worked out by hand", () => {
  it("E1: one CUDA prefill and one Gaudi decode", () => {
    const [p, d] = [serviceView(planned("cuda-gaudi-nixl").plan, "prefill-0-0"), serviceView(planned("cuda-gaudi-nixl").plan, "decode-0-0")];
    expect([p.listens, d.listens]).toEqual([{ http: [8100], side_channel: [5600] }, { http: [8200], side_channel: [5600] }]);
    expect(p.env["UCX_TLS"]).toBe("ib,rc,cuda_copy");
    expect(p.kv).toEqual({ kv_connector: "NixlConnector", kv_role: "kv_both", kv_buffer_device: "cuda", kv_connector_extra_config: { enforce_handshake_compat: false } });
    expect(d.kv).toMatchObject({ kv_buffer_device: "hpu", enable_permute_local_kv: true });
    expect(planned("cuda-gaudi-nixl").plan.targets).toHaveLength(2);
    expect(serviceView(planned("cuda-gaudi-nixl-homogeneous").plan, "decode-0-0").kv).not.toHaveProperty("enable_permute_local_kv");
  });

  it.each([
    ["prefill-0-0", "gb0", undefined, "10.0.1.10", { http: [8087], dp_rpc: [13345], side_channel: [5600, 5601, 5602, 5603] }],
    ["prefill-0-1", "gb1", "4", "10.0.1.10", { http: [8087], side_channel: [5604, 5605, 5606, 5607] }],
    ["prefill-1-0", "gb2", undefined, "10.0.1.12", { http: [8087], dp_rpc: [13345], side_channel: [5600, 5601, 5602, 5603] }],
    ["prefill-1-1", "gb3", "4", "10.0.1.12", { http: [8087], side_channel: [5604, 5605, 5606, 5607] }],
    ["decode-0-0", "gb4", undefined, "10.0.1.14", { http: [8087], dp_rpc: [13345], side_channel: [5600, 5601, 5602, 5603] }],
    ["decode-0-1", "gb5", "4", "10.0.1.14", { http: [8087], side_channel: [5604, 5605, 5606, 5607] }],
  ])("E2: %s on %s, start rank %s, address %s", (id, node, start, address, listens) => {
    const row = rowOf("gb200-deepseek-nixl", id);
    expect(row).toMatchObject({ node, listens });
    expect(row.flags).toMatchObject({ "--data-parallel-hybrid-lb": true, "--data-parallel-address": address });
    expect(row.flags["--data-parallel-start-rank"]).toBe(start);
  });
  it("E2: the proxy on 8123 has four prefill and two decode targets of four slots", () => {
    const { targets } = planned("gb200-deepseek-nixl").plan;
    expect(targets.map(({ role, slots }) => `${role} ${slots}`)).toEqual(["prefill 4", "prefill 4", "prefill 4", "prefill 4", "decode 4", "decode 4"]);
    expect(serviceView(planned("gb200-deepseek-nixl").plan, "proxy").proxy).toMatchObject({ port: 8123, prefill_policy: "round_robin", max_concurrent: 9216 });
  });

  it("E3: four UCM engines on one host, one seed, no other ports", () => {
    const { plan } = planned("ucm-xpyd");
    const engines = idsOf(plan, "E").map((id) => serviceView(plan, id));
    expect(engines.map(({ listens, devices }) => [listens, devices])).toEqual([7800, 7801, 7802, 7803].map((port, index) => [{ http: [port] }, [String(index)]]));
    expect(new Set(engines.map(({ env }) => env["PYTHONHASHSEED"])).size).toBe(1);
    expect(serviceView(plan, "proxy").proxy).toMatchObject({ port: 7805, family: "shared-store" });
  });

  it("E4: TP8 prefill on 8000, TP8 decode on 8200, proxy on 8080, always both legs", () => {
    const name = "mi300x-llama-nixl";
    expect(rowOf(name, "prefill-0-0")).toMatchObject({ node: "mi0", listens: { http: [8000], side_channel: [5600] }, flags: { "--tensor-parallel-size": "8" } });
    expect(rowOf(name, "decode-0-0")).toMatchObject({ node: "mi1", listens: { http: [8200], side_channel: [5600] }, flags: { "--tensor-parallel-size": "8" } });
    expect(serviceView(planned(name).plan, "proxy").proxy).not.toHaveProperty("pd_min_prompt_tokens");
    expect(reserved(name, "mi0", "side_channel")).toEqual(["5600-5607"]);
  });

  it.each([
    ["prefill-0-0", "a2-1", "0", "0,1,2,3", 9000, 28001],
    ["prefill-0-1", "a2-1", "1", "4,5,6,7", 9001, 28005],
    ["prefill-0-2", "a2-2", "2", "0,1,2,3", 9000, 28009],
    ["prefill-0-3", "a2-2", "3", "4,5,6,7", 9001, 28013],
    ["decode-0-0", "a2-3", "0", "0,1,2,3", 9000, 28001],
    ["decode-0-3", "a2-4", "3", "4,5,6,7", 9001, 28013],
  ])("E5: %s on %s is rank %s on %s, http %i, kv from %i", (id, node, rank, devices, http, kv) => {
    const row = rowOf("ascend-moe-mooncake", id);
    expect(row).toMatchObject({ node, env: { ASCEND_RT_VISIBLE_DEVICES: devices }, flags: { "--data-parallel-rank": rank } });
    expect([row.listens["http"], row.listens["kv"]]).toEqual([[http], [kv, kv + 1, kv + 2, kv + 3]]);
  });
  it("E5: rpc 13395 is bound on .1 and .3, the master on .1, 20000-28000 and 28001-28016 are reserved on every node", () => {
    const { plan } = planned("ascend-moe-mooncake");
    const rpc = plan.services.filter(({ listens }) => listens.some(({ port }) => port === 13395)).map(({ node }) => node);
    expect(rpc).toEqual(["a2-1", "a2-3"]);
    for (const node of ["a2-1", "a2-2", "a2-3", "a2-4"]) {
      expect(reserved("ascend-moe-mooncake", node, "kv")).toEqual(["28001-28016"]);
      expect(plan.reservations[node]).toContainEqual(expect.objectContaining({ first: 20000, last: 28000, random: true }));
    }
  });
  it("E5: sixteen devices and four local ranks give 9000, 9001, 9002, 9003", () => {
    const { plan } = planned("variants/moe-16-moved");
    const ports = idsOf(plan, "P").slice(0, 4).map((id) => serviceView(plan, id).listens["http"]);
    expect(ports).toEqual([[9000], [9001], [9002], [9003]]);
  });

  it.each([
    ["prefill-0-0", "a2-1", "0,1,2,3", 9000, 28001],
    ["prefill-1-0", "a2-1", "4,5,6,7", 9001, 28005],
    ["decode-0-0", "a2-2", "0,1,2,3", 9000, 28001],
    ["decode-1-0", "a2-2", "4,5,6,7", 9001, 28005],
  ])("E6: %s on %s, devices %s, http %i, kv from %i, no DP flags", (id, node, devices, http, kv) => {
    const row = rowOf("ascend-dense-mooncake", id);
    expect(row).toMatchObject({ node, env: { ASCEND_RT_VISIBLE_DEVICES: devices } });
    expect(row.listens).toEqual({ http: [http], kv: [kv, kv + 1, kv + 2, kv + 3] });
    expect(Object.keys(row.flags).filter((flag) => flag.startsWith("--data-parallel"))).toEqual([]);
  });

  it("11.7: independent instances stand next to each other: nixl base + j·dp·tp, kv_port base + j·dp·W, http base + j", () => {
    const { plan } = planned("variants/mi300x-two-tp4");
    expect(idsOf(plan, "P").map((id) => serviceView(plan, id).listens)).toEqual([{ http: [8000], side_channel: [5600] }, { http: [8001], side_channel: [5604] }]);
    const dense = planned("ascend-dense-mooncake").plan;
    expect(idsOf(dense, "P").map((id) => serviceView(dense, id).listens["kv"]?.[0])).toEqual([28001, 28005]);
  });
});
