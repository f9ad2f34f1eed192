import { describe, expect, it } from "vitest";
import { plan } from "../../src/plan/index.ts";
import { topologyFrom } from "./topologies.ts";

const made = (engine: string, decode = "") =>
  plan(
    topologyFrom(`
version: 1
name: ports
model: { path: /models/m, kind: moe }
nodes: [{ name: "n[0-1]", host: "10.0.0.1[0-1]", nic: eth0, hardware: cuda, devices: 8 }]
kv: { transfer: { connector: nixl } }
engine: { ${engine} }
prefill: { nodes: [n0], instances: 2, parallel: { dp: 2, dp_lb: external } }
decode: { nodes: [n1], port: 8200${decode} }
proxy: { node: n0, port: 8000 }
`),
  );

describe("KV events", () => {
  it("have a port for each rank; the next instance on the node follows", () => {
    const { plan: planned, findings } = made("kv_events_port: 5557, args: { kv-events-config: { topic: kv } }");
    expect(findings).toEqual([]);
    const of = (id: string) => planned.services.find((service) => service.id === id);
    const ports = ["prefill-0-0", "prefill-0-1", "prefill-1-0", "prefill-1-1"].map(
      (id) => of(id)?.listens.find(({ purpose }) => purpose === "kv_events")?.port,
    );
    expect(ports).toEqual([5557, 5558, 5559, 5560]);
    const argv = of("prefill-1-1")?.argv ?? [];
    expect(JSON.parse(argv[argv.indexOf("--kv-events-config") + 1] ?? "")).toEqual({
      ...{ enable_kv_cache_events: true, publisher: "zmq", topic: "kv", endpoint: "tcp://*:5559" }, // the engine adds its rank
    });
  });

  it("can be pinned for a role", () => {
    const { services } = made("kv_events_port: 5557", ", kv_events_port: 6000").plan;
    expect(services.find(({ role }) => role === "decode")?.argv.join(" ")).toContain("tcp://*:6000");
  });
});

describe("random ports of an engine", () => {
  it("come from a block of its own, which nothing else may use", () => {
    const { plan: planned } = made("vllm_port: 21000");
    const blocks = planned.services.flatMap(({ id, env }) =>
      env.VLLM_PORT === undefined ? [] : [`${id} ${env.VLLM_PORT}`],
    );
    expect(blocks).toEqual([
      ...["prefill-0-0 21000", "prefill-0-1 21100", "prefill-1-0 21200", "prefill-1-1 21300"],
      "decode-0-0 21000",
    ]);
    expect(planned.reservations["n0"]?.filter(({ purpose }) => purpose === "random").at(-1)).toMatchObject({
      first: 21300,
      last: 21399,
    });
    expect(made("vllm_port: 21000").findings).toEqual([]);
    expect(made("vllm_port: 8150").findings.map(({ code }) => code)).toContain("N01"); // 8200 is decode's
  });

  it("are the kernel's when nobody says so", () => {
    expect(JSON.stringify(made("port: 8100").plan)).not.toContain("VLLM_PORT");
  });
});
