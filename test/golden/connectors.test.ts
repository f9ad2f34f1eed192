import { describe, expect, it } from "vitest";
import { planned } from "./planned.ts";
import { serviceView } from "./view.ts";

const service = (name: string, id: string) => {
  const found = planned(name).plan.services.find((each) => each.id === id);
  if (found === undefined) throw new Error(`${name} has no ${id}`);
  return found;
};
const kvOf = (name: string, id: string) => {
  const { argv } = service(name, id);
  return JSON.parse(argv[argv.indexOf("--kv-transfer-config") + 1] ?? "null");
};
const ports = (name: string, id: string, purpose: string) =>
  service(name, id)
    .listens.filter((each) => each.purpose === purpose)
    .map(({ port }) => port);

/** Source: launch.md §2.1 and §3.3; vLLM 0.32, mooncake_connector.py (should_launch_bootstrap_server). */
describe("upstream Mooncake", () => {
  const name = "variants/mooncake-cuda";
  it("every external rank of prefill has a bootstrap server of its own, decode none", () => {
    const ids = [0, 1, 2, 3].map((rank) => `prefill-0-${rank}`);
    expect(ids.map((id) => ports(name, id, "bootstrap"))).toEqual([[8998], [8999], [9000], [9001]]);
    expect(ids.map((id) => service(name, id).env["VLLM_MOONCAKE_BOOTSTRAP_PORT"])).toEqual([
      ..."8998 8999 9000 9001".split(" "),
    ]);
    expect(ports(name, "decode-0-0", "bootstrap")).toEqual([]);
    expect(service(name, "decode-0-0").env).not.toHaveProperty("VLLM_MOONCAKE_BOOTSTRAP_PORT");
  });

  it("producers and consumers are told apart, with the protocol and the devices", () => {
    const extra = { mooncake_protocol: "rdma", device_name: "mlx5_0,mlx5_1" };
    expect(kvOf(name, "prefill-0-1")).toEqual({ kv_connector: "MooncakeConnector", kv_role: "kv_producer", kv_connector_extra_config: extra });
    expect(kvOf(name, "decode-0-1")).toMatchObject({ kv_role: "kv_consumer" });
  });

  it("the router is told which bootstrap server stands beside each endpoint", () => {
    const { argv } = service(name, "proxy");
    expect(argv.join(" ")).toContain("--kv-connector mooncake");
    const at = argv.flatMap((word, index) => (word === "--prefill" ? [argv.slice(index + 1, index + 3)] : []));
    expect(at.map(([url = "", port]) => [new URL(url).port, port])).toEqual([
      ["8100", "8998"],
      ["8101", "8999"],
      ["8102", "9000"],
      ["8103", "9001"],
    ]);
  });

  it("two dense instances on a node count on, and each has one server for all its workers", () => {
    const two = "variants/mooncake-cuda-two";
    expect(["prefill-0-0", "prefill-1-0"].map((id) => ports(two, id, "bootstrap"))).toEqual([[9100], [9101]]);
  });

  it("what its library draws from at random is known to the plan", () => {
    const drawn = planned(name).plan.reservations["n0"]?.filter(({ random }) => random);
    expect(drawn).toMatchObject([{ first: 15_000, last: 17_000 }, { first: 49_152, last: 65_535 }]);
  });
});

/** Source: launch.md §2.1, §3.5; vllm-ascend, mooncake_{hybrid,layerwise}_connector.py. */
describe("the variants of Mooncake on Ascend", () => {
  it("hybrid has V1's ports under its own name", () => {
    expect(kvOf("variants/ascend-hybrid", "prefill-0-0")).toMatchObject({ kv_connector: "MooncakeHybridConnector", kv_port: 28001 });
    expect(ports("variants/ascend-hybrid", "prefill-0-1", "kv")).toEqual(ports("ascend-moe-mooncake", "prefill-0-1", "kv"));
  });

  it("layerwise counts ranks without their pipeline stages", () => {
    const name = "variants/ascend-layerwise";
    expect(kvOf(name, "decode-0-1")).toMatchObject({ kv_connector: "MooncakeLayerwiseConnector", kv_port: 28001 });
    expect(ports(name, "prefill-0-1", "kv")).toEqual([28_003, 28_004]);
    expect(ports(name, "decode-0-1", "kv")).toEqual([28_003, 28_004]);
  });

  it("layerwise goes through the proxy that decode can call back", () => {
    const { flags } = serviceView(planned("variants/ascend-layerwise").plan, "proxy");
    expect(flags).toMatchObject({ "--host": "192.168.10.1" });
  });
});
