import { expect, it } from "vitest";
import { plan } from "../../src/plan/index.ts";
import { factsOf, topologyFrom } from "./topologies.ts";

const topology = topologyFrom(`
version: 1
name: homes
model: { path: ~/models/qwen, tokenizer: ~/models/words, kind: dense }
nodes: [{ name: "n[0-1]", host: "10.0.0.1[0-1]", nic: eth0, hardware: cuda, devices: 1 }]
kv: { transfer: { connector: nixl } }
engine: { venv: ~/vllm }
prefill: { nodes: [n0] }
decode: { nodes: [n1], command: [~/bin/vllm-serve] }
proxy: { node: n1 }
bench: { args: { num-prompts: 4 } }
`);
const { services, bench, smoke } = plan(topology, factsOf(topology)).plan;
const engine = (id: string) => services.find((service) => service.id === id);

it("~ in the paths of model, tokenizer, venv and command is the home on the node that has the engine", () => {
  const words = (id: string) => engine(id)?.argv.slice(0, 7);
  expect(words("prefill-0-0")).toEqual([
    ...["/home/n0/vllm/bin/vllm", "serve", "/home/n0/models/qwen"],
    ...["--served-model-name", "~/models/qwen", "--tokenizer", "/home/n0/models/words"],
  ]);
  expect(words("decode-0-0")?.slice(0, 2)).toEqual(["/home/n1/bin/vllm-serve", "/home/n1/models/qwen"]);
  expect(engine("prefill-0-0")?.env).toMatchObject({ VIRTUAL_ENV: "/home/n0/vllm" });
});

it("homes may differ, the name that clients send does not", () => {
  expect(smoke.body.model).toBe("~/models/qwen");
  expect(engine("decode-0-0")?.argv).toContain("~/models/qwen");
});

it("the benchmark takes the paths of the node it runs on", () => {
  expect(bench?.node).toBe("n0");
  expect(bench?.argv.slice(0, 7)).toEqual([
    ...["/home/n0/vllm/bin/vllm", "bench", "serve", "--model", "/home/n0/models/qwen"],
    ...["--served-model-name", "~/models/qwen"],
  ]);
});
