import { describe, expect, it } from "vitest";
import { lease } from "../../src/connectors/nixl/lease.ts";
import { plan } from "../../src/plan/index.ts";
import { factsOf, topologyOf } from "../plan/topologies.ts";

const engine = (name: string, id: string, ...set: readonly string[]) => {
  const service = plan(topologyOf(name, ...set)).plan.services.find((each) => each.id === id);
  const kv = JSON.parse(service?.argv.at(-1) ?? "null") as Record<string, unknown>;
  return { env: service?.env ?? {}, kv };
};

describe("NIXL between CUDA and Gaudi", () => {
  it("permutes on decode only, and only from HND to NHD", () => {
    expect(engine("cuda-gaudi-nixl", "decode-0-0").kv).toMatchObject({ enable_permute_local_kv: true });
    expect(engine("cuda-gaudi-nixl", "prefill-0-0").kv).not.toHaveProperty("enable_permute_local_kv");
    expect(engine("cuda-gaudi-nixl-homogeneous", "decode-0-0").kv).not.toHaveProperty("enable_permute_local_kv");
  });

  it("the plugin's switches go with Gaudi, not with its peer", () => {
    expect(engine("cuda-gaudi-nixl", "decode-0-0").env).toMatchObject({ VLLM_HPU_HETERO_KV_LAYOUT: "true" });
    expect(Object.keys(engine("cuda-gaudi-nixl", "prefill-0-0").env).filter((name) => name.includes("HPU"))).toEqual(
      [],
    );
  });

  it("keeps the older name of the hold time on Gaudi, where the plugin still reads it", () => {
    const set = "kv.transfer.lease_seconds=90";
    const topology = topologyOf("cuda-gaudi-nixl", set);
    const { services } = plan(topology, factsOf(topology, { versions: { vllm: "0.33.0" } })).plan;
    const env = (id: string) => services.find((each) => each.id === id)?.env["VLLM_NIXL_ABORT_REQUEST_TIMEOUT"];
    expect([env("prefill-0-0"), env("decode-0-0")]).toEqual([undefined, "90"]);
  });
});

describe("how long prefill holds KV", () => {
  it.each([
    [undefined, undefined, { env: {}, extra: {}, hold: 480 }],
    [undefined, "0.33.0", { env: {}, extra: {}, hold: 30 }],
    [undefined, "0.18.0", { env: {}, extra: {}, hold: 480 }],
    [60, "0.22.0", { env: { VLLM_NIXL_ABORT_REQUEST_TIMEOUT: "60" }, extra: { kv_lease_duration: 60 }, hold: 60 }],
    [60, "0.20.2", { env: { VLLM_NIXL_ABORT_REQUEST_TIMEOUT: "60" }, extra: {}, hold: 60 }],
    [60, "0.24.0rc1", { env: {}, extra: { kv_lease_duration: 60 }, hold: 60 }],
  ])("%s seconds wanted, vLLM %s", (seconds, vllm, wanted) => {
    expect(lease(seconds, vllm)).toEqual(wanted);
  });
});

describe("Mooncake on Ascend", () => {
  it("names the real sizes of both sides on both sides, also when they differ", () => {
    const sizes = { prefill: { dp_size: 4, tp_size: 4 }, decode: { dp_size: 8, tp_size: 2 } };
    const set = ["decode.parallel.tp=2", "decode.parallel.dp=8"];
    expect(engine("ascend-moe-mooncake", "decode-0-0", ...set).kv["kv_connector_extra_config"]).toEqual(sizes);
    const multi = engine("ascend-moe-mooncake", "prefill-0-0", ...set).kv["kv_connector_extra_config"];
    expect(multi).toMatchObject({
      connectors: [{ kv_connector_extra_config: sizes }, { kv_connector: "UCMConnector" }],
    });
  });

  it("the range that the transfer engine draws from is reserved on every node with its devices, nowhere else", () => {
    const { reservations } = plan(topologyOf("ascend-moe-mooncake")).plan;
    const drawn = Object.values(reservations).map((all) => all.filter(({ random }) => random));
    expect(drawn).toEqual(Array.from({ length: 4 }, () => [expect.objectContaining({ first: 20000, last: 28000 })]));
  });
});

describe("UCM", () => {
  it("several directories are one text, and keys of the store pass through", () => {
    const made = plan(
      topologyOf("ucm-1p1d", "kv.transfer.storage_backends=[/mnt/a, /mnt/b]", "kv.transfer.store={io_direct: true}"),
    );
    const file = made.plan.services[0]?.files.find(({ name }) => name === "ucm.yaml");
    expect(file).toMatchObject({ content: expect.stringContaining("storage_backends: /mnt/a:/mnt/b\n") });
    expect(file).toMatchObject({ content: expect.stringContaining("io_direct: true\n") });
  });

  it("vLLM 0.11.0 needs its patch", () => {
    const topology = topologyOf("ucm-1p1d");
    const env = (vllm: string) =>
      plan(topology, factsOf(topology, { versions: { vllm } })).plan.services[0]?.env["ENABLE_UCM_PATCH"];
    expect([env("0.11.0"), env("0.12.0")]).toEqual(["1", undefined]);
  });
});
