import { describe, expect, it } from "vitest";
import { checkConfig } from "../../src/proxy/read-config.ts";
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

/** What the bundled proxy reads. */
const proxyConfig = (name: string) => JSON.parse(file(name, "proxy", "proxy.json"));
const findings = (name: string) => planned(name).findings.map(({ code, level }) => `${code} ${level}`);

/** Source: vLLM 0.32 and vllm-ascend, the connectors and their proxies. */
describe("pdctl's own proxy is told, before the first request, what the connectors' protocols need", () => {
  it("upstream Mooncake: the bootstrap server beside each endpoint of prefill", () => {
    const name = "variants/mooncake-bundled";
    const { targets, ...config } = proxyConfig(name);
    expect(config).toMatchObject({ family: "mooncake", length_capped: true, kv_hold_seconds: 480 });
    expect(targets.slice(0, 2)).toEqual([
      { url: "http://10.0.5.10:8100", role: "prefill", slots: 1, bootstrap_url: "http://10.0.5.10:8998" },
      { url: "http://10.0.5.10:8101", role: "prefill", slots: 1, bootstrap_url: "http://10.0.5.10:8999" },
    ]);
    expect(targets.at(-1)).toEqual({ url: "http://10.0.5.11:8103", role: "decode", slots: 1 });
    expect(findings(name)).toEqual([]);
  });

  it("MoRI-IO where prefill writes: where every engine is, and engines do not look for a proxy that listens", () => {
    const name = "variants/moriio-bundled";
    const { targets, family } = proxyConfig(name);
    expect(family).toBe("moriio-write");
    const at = { host: "10.0.3.10", handshake_port: 6305, notify_port: 61_009, tp_size: 4, dp_size: 1 };
    expect(targets[1]).toEqual({ url: "http://10.0.3.10:8001", role: "prefill", slots: 1, moriio: at });
    expect(kvOf(name, "prefill-0-0").kv_connector_extra_config).not.toHaveProperty("proxy_ip");
    expect(service(name, "proxy").listens.map(({ purpose }) => purpose)).toEqual(["http"]);
    expect(findings(name)).toEqual([]);
  });

  it("MoRI-IO where decode reads: nothing, but that decode cannot serve alone", () => {
    const { targets, ...config } = proxyConfig("variants/moriio-read-bundled");
    expect(config).toMatchObject({ family: "moriio-read", decode_alone: false, kv_hold_seconds: 60, length_capped: true });
    expect(Object.keys(targets[0])).toEqual(["url", "role", "slots"]);
  });

  it("layerwise: where decode calls it back", () => {
    const name = "variants/ascend-layerwise-bundled";
    expect(proxyConfig(name)).toMatchObject({ family: "layerwise", callback_url: "http://192.168.10.1:7850" });
    expect(findings(name)).toEqual([]);
  });

  it("NIXL push: each rank of prefill by the name that it is given, at its own port", () => {
    const name = "variants/nixl-push";
    const { targets, family } = proxyConfig(name);
    expect(family).toBe("nixl-push");
    expect(kvOf(name, "prefill-0-1")).toMatchObject({ kv_connector: "NixlPushConnector", engine_id: "prefill-0-1" });
    expect(targets[1]).toMatchObject({ slots: 4, nixl: { host: "10.0.1.11", tp_size: 1, pp_size: 1 } });
    expect(targets[1].nixl.ranks).toEqual(
      [4, 5, 6, 7].map((rank) => ({ engine_id: `prefill-0-1_dp${rank}`, port: 5600 + rank })),
    );
    expect(targets.at(-1)).not.toHaveProperty("nixl");
    expect(findings(name)).toEqual([]);
  });

  it("what it is told, its reader takes", () => {
    for (const name of ["mooncake", "moriio", "moriio-read", "ascend-layerwise"].map((each) => `variants/${each}-bundled`))
      expect(checkConfig(proxyConfig(name)), name).not.toHaveProperty("faults");
    expect(checkConfig(proxyConfig("variants/nixl-push"))).not.toHaveProperty("faults");
  });
});

const file = (name: string, id: string, wanted: string) => {
  const found = service(name, id).files.find((each) => each.name === wanted);
  if (found === undefined || !("content" in found)) throw new Error(`${name} ${id} has no ${wanted}`);
  return found.content;
};
/** Where the engine finds it. */
const pathOf = (name: string, id: string, wanted: string) => service(name, id).files.find((each) => each.name === wanted)?.path;

/** Source: launch.md §3.9; LMCache, config.py and server/__main__.py. */
describe("LMCache", () => {
  const name = "variants/lmcache-server";
  it("as the transfer keeps its chunks in a server that starts first, under the venv that has it", () => {
    const { argv, listens, ready, env } = service(name, "lmcache-server");
    expect(argv).toEqual(["lmcache_server", "0.0.0.0", "65432", "cpu"]);
    expect(listens).toMatchObject([{ port: 65_432, bind: "0.0.0.0" }]);
    expect(ready).toEqual([{ kind: "tcp", host: "10.0.6.20", port: 65_432 }]);
    expect(JSON.stringify(env)).toContain("/opt/lmcache/bin");
    expect(planned(name).plan.waves[0]).toEqual(["lmcache-server"]);
  });

  it("every engine has a file that names the server, and each instance sockets of its own", () => {
    expect(file(name, "decode-1-0", "lmcache.yaml")).toBe(
      "chunk_size: 256\nlocal_cpu: true\nmax_local_cpu_size: 20\nremote_url: lm://10.0.6.20:65432\nremote_serde: naive\nsave_decode_cache: true\n",
    );
    expect(kvOf(name, "decode-1-0")).toEqual({ kv_connector: "LMCacheConnectorV1", kv_role: "kv_both", kv_connector_extra_config: { lmcache_rpc_port: "decode-1" } });
    expect(kvOf(name, "decode-0-0").kv_connector_extra_config).toEqual({ lmcache_rpc_port: "decode-0" });
  });

  it("as a cache stands beside the transfer on the roles that have it alone", () => {
    const beside = "variants/lmcache-beside-nixl";
    const names = (id: string) => kvOf(beside, id).kv_connector_extra_config?.connectors?.map((one: { kv_connector: string }) => one.kv_connector);
    expect(names("prefill-0-0")).toEqual(["NixlConnector", "LMCacheConnectorV1"]);
    expect(kvOf(beside, "decode-0-0").kv_connector).toBe("NixlConnector");
    expect(file(beside, "prefill-0-0", "lmcache.yaml")).not.toContain("remote_url");
  });
});

/** Source: launch.md §3.4, §3.6, §3.11; vLLM 0.32, mooncake_store.py; vllm-ascend, mooncake_backend.py. */
describe("the stores of Mooncake", () => {
  it("upstream: the master of the plan is in the file of every engine, and its sockets are each instance's own", () => {
    const name = "variants/mooncake-store";
    expect(JSON.parse(file(name, "prefill-0-0", "mooncake-store.json"))).toEqual({
      ...{ mode: "embedded", metadata_server: "P2PHANDSHAKE", master_server_address: "10.0.6.11:50088" },
      ...{ protocol: "rdma", device_name: "", global_segment_size: "16GB" },
    });
    expect(service(name, "prefill-0-0").env["MOONCAKE_CONFIG_PATH"]).toBe(pathOf(name, "prefill-0-0", "mooncake-store.json"));
    expect(kvOf(name, "decode-0-0")).toMatchObject({ kv_connector: "MooncakeStoreConnector", kv_role: "kv_both", kv_connector_extra_config: { lookup_rpc_port: "decode-0" } });
    expect(service(name, "mooncake-master").argv.join(" ")).toBe("mooncake_master --port 50088 --metrics_port 9003");
  });

  it("Ascend: beside V1 in one MultiConnector, with the transfer's master and a file of its own", () => {
    const name = "variants/ascend-store";
    expect(kvOf(name, "decode-0-1")).toMatchObject({
      kv_connector: "MultiConnector",
      kv_role: "kv_consumer",
      kv_connector_extra_config: {
        connectors: [
          { kv_connector: "MooncakeConnectorV1", kv_port: 28_001 },
          { kv_connector: "MooncakeConnectorStoreV1", kv_role: "kv_consumer", kv_connector_extra_config: { backend: "mooncake", lookup_rpc_port: "decode-0", consumer_is_to_put: true } },
        ],
      },
    });
    expect(JSON.parse(file(name, "decode-0-1", "ascend-store.json"))).toMatchObject({ protocol: "ascend", master_server_address: "192.168.10.1:50088", global_segment_size: "2GB" });
    expect(service(name, "decode-0-1").env["MOONCAKE_CONFIG_PATH"]).toBe(pathOf(name, "decode-0-1", "ascend-store.json"));
  });
});

/** Source: launch.md §2.1; vLLM 0.32, moriio_common.py and moriio_connector.py. */
describe("MoRI-IO", () => {
  const name = "variants/moriio";
  it("every worker has its ports behind those of the instances before it, and says to the proxy where it is", () => {
    expect(ports(name, "prefill-1-0", "handshake")).toEqual([6305, 6306, 6307, 6308]);
    expect(ports(name, "prefill-1-0", "notify")).toEqual([61_009, 61_010, 61_011, 61_012]);
    expect(kvOf(name, "prefill-1-0")).toEqual({
      kv_connector: "MoRIIOConnector",
      kv_role: "kv_producer",
      kv_connector_extra_config: {
        ...{ proxy_ip: "10.0.3.11", host_ip: "10.0.3.10", http_port: 8001, handshake_port: 6305, notify_port: 61_009 },
        ...{ proxy_ping_port: 36_367, read_mode: true },
      },
    });
  });

  it("the router listens for them, and is told of none", () => {
    const { argv, listens } = service(name, "proxy");
    expect(argv.join(" ")).toContain("--kv-connector moriio");
    expect(argv.join(" ")).toContain("--vllm-discovery-address 0.0.0.0:36367");
    expect(argv).not.toContain("--prefill");
    expect(listens).toContainEqual({ port: 36_367, purpose: "discovery", bind: "0.0.0.0" });
  });
});

describe("what stays on a node, or in files", () => {
  it("offloading stands behind the transfer, in bytes", () => {
    expect(kvOf("variants/offloading", "prefill-0-0").kv_connector_extra_config.connectors[1]).toEqual({
      kv_connector: "OffloadingConnector",
      kv_role: "kv_both",
      kv_connector_extra_config: { cpu_bytes_to_use: 68_719_476_736 },
    });
  });

  it.each([
    [undefined, "ExampleConnector"],
    ["0.32.0", "ExampleConnector"],
    ["0.11.2", "SharedStorageConnector"],
  ])("with vLLM %s files are the business of %s", (vllm, connector) => {
    const { argv } = planned("variants/example-files", vllm).plan.services[0] ?? { argv: [] };
    expect(JSON.parse(argv.at(-1) ?? "null")).toEqual({
      ...{ kv_connector: connector, kv_role: "kv_both" },
      kv_connector_extra_config: { shared_storage_path: "/mnt/kv" },
    });
  });
});
