import { describe, expect, it } from "vitest";
import { hardware } from "../../src/hardware/index.ts";
import { plan } from "../../src/plan/index.ts";
import { hardwarePage } from "../../src/report/pages/hardware-page.ts";
import { topologyFrom } from "../plan/topologies.ts";
import { loadTexts, spoken } from "../topology/loading.ts";

const text = (prefill: string, decode: string, transfer: string) => `
version: 1
name: mixed
model: { path: /models/m, kind: dense }
nodes:
  - { name: p, host: 10.0.0.1, nic: eth0, hardware: ${prefill} }
  - { name: d, host: 10.0.0.2, nic: eth0, hardware: ${decode} }
kv: { transfer: ${transfer} }
engine: { parallel: { tp: 4 } }
prefill: { nodes: p, port: 8100 }
decode: { nodes: d, port: 8200 }
proxy: { node: p, port: 8000 }
`;
const generations = [...hardware.values()].filter(({ name, family }) => name !== family);

describe("a generation of an accelerator", () => {
  it.each(generations.map((one) => [one.name, one] as const))(
    "%s has the devices of its node and all of its family",
    (name, one) => {
      const family = hardware.get(one.family);
      expect(family?.family).toBe(one.family);
      expect(one.env).toMatchObject(family?.env ?? {});
      expect([one.causes, one.rules, one.visibility]).toEqual([family?.causes, family?.rules, family?.visibility]);
      const { topology, diagnostics } = loadTexts({
        "t.yaml": text(
          name,
          name,
          `{ connector: ${one.family === "ascend" ? "mooncake-ascend, kv_port: 36001" : "nixl"} }`,
        ),
      });
      expect(topology?.nodes.map(({ devices }) => devices.length) ?? spoken(diagnostics)).toEqual([
        one.devices,
        one.devices,
      ]);
    },
  );

  it("meets the rules and the connectors of its family", () => {
    const young = loadTexts({ "t.yaml": text("gaudi3", "gb200", "{ connector: nixl }") });
    expect(spoken(young.diagnostics)).toMatch(/X01 error p?/);
    const { plan: made, findings } = plan(
      topologyFrom(text("a2", "a3", "{ connector: mooncake-ascend, kv_port: 36001 }")),
    );
    expect(findings).toEqual([]);
    expect(made.reservations["d"]?.find(({ random }) => random === true)).toMatchObject({ first: 20000, last: 36000 });
    expect(
      plan(topologyFrom(text("a2", "a3", "{ connector: mooncake-ascend, kv_port: 30001 }"))).findings.map(
        ({ code }) => code,
      ),
    ).toContain("N03");
    const services = plan(
      topologyFrom(
        text("cuda, devices: 8", "gaudi2", "{ connector: nixl, enforce_handshake_compat: false }")
          .replace("decode: {", "decode: { kv_layout: NHD, ")
          .replace("prefill: {", "prefill: { kv_layout: HND, args: { block-size: 16 }, "),
      ),
    ).plan.services;
    expect(services.find(({ role }) => role === "decode")?.env).toMatchObject({ VLLM_NIXL_DEVICE_TO_DEVICE: "1" });
  });

  it("gives way to what the user writes", () => {
    const yaml = text("mi300x", "mi300x, devices: 4", "{ connector: nixl }").replace(
      "engine: {",
      "engine: { env: { HSA_NO_SCRATCH_RECLAIM: null, VLLM_ROCM_USE_AITER: 0 },",
    );
    const { topology } = loadTexts({ "t.yaml": yaml });
    expect(topology?.nodes.map(({ devices }) => devices.length)).toEqual([8, 4]);
    const [engine] = plan(topologyFrom(yaml)).plan.services;
    expect(engine?.env).toMatchObject({ VLLM_ROCM_USE_AITER: "0", MORI_GPU_ARCHS: "gfx942" });
    expect(engine?.env).not.toHaveProperty("HSA_NO_SCRATCH_RECLAIM");
  });

  it("says what it gives by itself", () => {
    const page = hardwarePage(hardware.get("gb200") ?? generations[0] ?? expect.fail()).join("\n");
    expect(page).toMatch(/^gb200 {2}hardware {2}NVIDIA GB200/);
    expect(page).toContain("family         cuda");
    expect(page).toMatch(/NCCL_MNNVL_ENABLE +1\n/);
    for (const one of hardware.values()) expect(hardwarePage(one).filter((line) => line.length > 200)).toEqual([]);
  });
});
