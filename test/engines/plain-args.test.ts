import { describe, expect, it } from "vitest";
import { plan } from "../../src/plan/index.ts";
import { topologyFrom } from "../plan/topologies.ts";
import { loadTexts, spoken } from "../topology/loading.ts";

const yaml = (engine: string, decode = "", node = "") => `
version: 1
name: plain
model: { path: /models/m, kind: moe }
nodes: [{ name: "n[0-1]", host: "10.0.0.1[0-1]", nic: eth0, hardware: cuda, devices: 8${node} }]
kv: { transfer: { connector: nixl } }
engine: { ${engine} }
prefill: { nodes: n0 }
decode: { nodes: n1${decode} }
proxy: { node: n0, port: 8000 }
`;
const argvOf = (text: string, role: string) => {
  expect(spoken(loadTexts({ "t.yaml": text }).diagnostics)).toBe("");
  return plan(topologyFrom(text)).plan.services.find((service) => service.role === role)?.argv ?? [];
};
const valuesOf = (argv: readonly string[], flag: string, words = 1) =>
  argv.slice(argv.indexOf(flag) + 1, argv.indexOf(flag) + 1 + words);

describe("what vLLM has flags for needs no key of pdctl's", () => {
  it("speculative decoding, one method for both roles, more tokens on decode", () => {
    const text = yaml(
      "args: { speculative-config: { method: eagle3, model: /models/e, num_speculative_tokens: 1 } }",
      ", args: { speculative-config.num_speculative_tokens: 3 }",
    );
    const config = (role: string) => JSON.parse(valuesOf(argvOf(text, role), "--speculative-config")[0] ?? "");
    expect(config("prefill")).toEqual({ method: "eagle3", model: "/models/e", num_speculative_tokens: 1 });
    expect(config("decode")).toEqual({ method: "eagle3", model: "/models/e", num_speculative_tokens: 3 });
  });

  it("LoRA modules, by name or as maps", () => {
    const argv = argvOf(
      yaml(
        "args: { enable-lora: true, max-loras: 2, lora-modules: [sql=/loras/sql, { name: chat, path: /loras/chat }] }",
      ),
      "decode",
    );
    expect(argv).toContain("--enable-lora");
    expect(valuesOf(argv, "--max-loras")).toEqual(["2"]);
    expect(valuesOf(argv, "--lora-modules", 2)).toEqual(["sql=/loras/sql", '{"name":"chat","path":"/loras/chat"}']);
  });

  it("parsers and templates", () => {
    const argv = argvOf(
      yaml(
        "args: { tool-call-parser: hermes, reasoning-parser: deepseek_r1, enable-auto-tool-choice: true, chat-template: /t.jinja }",
      ),
      "prefill",
    );
    expect(valuesOf(argv, "--tool-call-parser")).toEqual(["hermes"]);
    expect(valuesOf(argv, "--reasoning-parser")).toEqual(["deepseek_r1"]);
    expect(argv).toContain("--enable-auto-tool-choice");
  });

  it("vLLM's own NUMA binding, and its sizes of context parallelism by keys", () => {
    const argv = argvOf(
      yaml("parallel: { tp: 4, dcp: 2 }, args: { numa-bind: true, numa-bind-nodes: [0, 0, 1, 1] }"),
      "decode",
    );
    expect(valuesOf(argv, "--numa-bind-nodes", 4)).toEqual(["0", "0", "1", "1"]);
    expect(valuesOf(argv, "--decode-context-parallel-size")).toEqual(["2"]);
    expect(valuesOf(argvOf(yaml("parallel: { tp: 2, pcp: 2 }"), "prefill"), "--prefill-context-parallel-size")).toEqual(
      ["2"],
    );
  });
});

describe("numactl", () => {
  const bound = (engine: string) =>
    plan(topologyFrom(yaml(engine, "", ", numa: [0, 0, 0, 0, 1, 1, 1, 1]"))).plan.services.filter(
      ({ role }) => role === "prefill",
    );

  it("binds each process to the NUMA nodes of its own devices", () => {
    const ranks = bound("parallel: { tp: 4, dp: 2, dp_lb: external }");
    expect(ranks.map(({ devices, argv }) => `${devices.join("")} ${argv.slice(0, 3).join(" ")}`)).toEqual([
      "0123 numactl --cpunodebind=0 --membind=0",
      "4567 numactl --cpunodebind=1 --membind=1",
    ]);
    expect(bound("parallel: { tp: 8 }")[0]?.argv.slice(0, 5)).toEqual([
      "numactl",
      "--cpunodebind=0,1",
      "--membind=0,1",
      "vllm",
      "serve",
    ]);
  });

  it("is not put before the stand-in, and asks for one number per device", () => {
    expect(bound("kind: sim")[0]?.argv).not.toContain("numactl");
    const { diagnostics } = loadTexts({ "t.yaml": yaml("kind: sim", "", ", numa: [0, 1]") });
    expect(spoken(diagnostics)).toContain("nodes[0].numa has 2 entries for 8 devices");
  });
});
