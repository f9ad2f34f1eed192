import { describe, expect, it } from "vitest";
import { plan } from "../../src/plan/index.ts";
import { topologyFrom, topologyOf } from "../plan/topologies.ts";

const two = (engine: string, devices = 8) => `
version: 1
name: two
model: { path: /models/m, kind: moe }
nodes:
  - { name: "p[0-1]", host: "10.0.0.1[0-1]", nic: eth0, hardware: cuda, devices: ${devices} }
  - { name: "d[0-1]", host: "10.0.0.2[0-1]", nic: eth0, hardware: cuda, devices: ${devices} }
kv: { transfer: { connector: nixl } }
engine: ${engine}
prefill: { nodes: "p[0-1]", port: 8100 }
decode: { nodes: "d[0-1]", port: 8200 }
proxy: { node: p0, port: 8000 }
`;

const argvOf = (yaml: string, id: string) =>
  plan(topologyFrom(yaml))
    .plan.services.find((service) => service.id === id)
    ?.argv.slice(3, -2) ?? [];

describe("what makes processes one group", () => {
  it("internal over two nodes: only the follower says headless and its start rank", () => {
    const yaml = two("{ parallel: { tp: 2, dp: 8 } }");
    const rendezvous = ["--data-parallel-address", "10.0.0.10", "--data-parallel-rpc-port", "29550"];
    const shape = ["--tensor-parallel-size", "2", "--data-parallel-size", "8", "--data-parallel-size-local", "4"];
    expect(argvOf(yaml, "prefill-0-0")).toEqual(["--host", "0.0.0.0", "--port", "8100", ...shape, ...rendezvous]);
    expect(argvOf(yaml, "prefill-0-1")).toEqual([
      ...shape,
      "--data-parallel-start-rank",
      "4",
      ...rendezvous,
      "--headless",
    ]);
  });

  it("one engine over two nodes: its place, the head's address, and no endpoint on the second", () => {
    const yaml = two("{ parallel: { tp: 16 } }");
    const spanning = [
      "--nnodes",
      "2",
      "--node-rank",
      "1",
      "--master-addr",
      "10.0.0.20",
      "--master-port",
      "29501",
      "--headless",
    ];
    expect(argvOf(yaml, "decode-0-1")).toEqual(["--tensor-parallel-size", "16", ...spanning]);
    const made = plan(topologyFrom(yaml)).plan;
    expect(made.services.map(({ id, devices }) => [id, devices.length])).toContainEqual(["decode-0-1", 8]);
    expect(made.targets).toEqual([
      { url: "http://10.0.0.10:8100", role: "prefill", slots: 1 },
      { url: "http://10.0.0.20:8200", role: "decode", slots: 1 },
    ]);
  });

  it("an engine without an endpoint is ready when it lives: its head answers for it", () => {
    const made = plan(topologyFrom(two("{ parallel: { tp: 2, dp: 8 } }"))).plan;
    expect(made.services.find(({ id }) => id === "prefill-0-1")?.ready).toEqual([{ kind: "alive" }]);
  });
});

describe("what the user may say about the command", () => {
  const engine = (text: string) => argv("ucm-1p1d", `engine.${text}`);
  const argv = (name: string, ...set: readonly string[]) => plan(topologyOf(name, ...set)).plan.services[0];

  it("a virtual environment gives its own vllm and comes first on PATH", () => {
    expect(engine("venv=/opt/venv")?.argv.slice(0, 2)).toEqual(["/opt/venv/bin/vllm", "serve"]);
    expect(engine("venv=/opt/venv")?.env.PATH).toEqual({ prepend: ["/opt/venv/bin"], append: [] });
  });

  it("a served name reaches engines, smoke and bench", () => {
    const { plan: made } = plan(topologyOf("ucm-1p1d", "model.served_name=qwen"));
    expect(made.services[0]?.argv).toContain("qwen");
    expect(made.smoke.body.model).toBe("qwen");
    expect(made.bench?.argv.slice(3, 7)).toEqual([
      "--model",
      "/home/models/Qwen2.5-7B-Instruct",
      "--served-model-name",
      "qwen",
    ]);
  });
});
