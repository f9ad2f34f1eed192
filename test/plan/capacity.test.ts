import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type ModelConfig, readModelConfig } from "../../src/facts/index.ts";
import { capacity } from "../../src/plan/answers/capacity/index.ts";
import { kvBytesPerToken, kvBytesToMove } from "../../src/plan/answers/capacity/kv.ts";
import { weightBytes } from "../../src/plan/answers/capacity/weights.ts";
import { widthsOf } from "../../src/plan/answers/capacity/widths.ts";
import { capacityRules } from "../../src/plan/rules/capacity.ts";
import { fitLines, planCapacity } from "../../src/report/plan/capacity.ts";
import { runRules } from "../../src/topology/rules/run-rules.ts";
import { topologyFrom } from "./topologies.ts";

const GIB = 2 ** 30;

function stored(name: string): ModelConfig {
  const read = readModelConfig(
    JSON.parse(readFileSync(new URL(`../facts/model/${name}.json`, import.meta.url), "utf8")),
  );
  if ("error" in read) throw new Error(read.error);
  return read;
}

const one = { tp: 1, pp: 1, dp: 1, dcp: 1 };
const plain = { attention: 1, mlp: 1, experts: 1, plain: 1 };
const llama70 = stored("llama-3.3-70b");
const qwen235: ModelConfig = {
  ...stored("qwen3-30b-a3b"),
  ...{ layers: 94, kvLayers: 94, hidden: 4096, heads: 64, intermediate: 12288 },
  moe: { experts: 128, perToken: 8, shared: 0, intermediate: 1536, denseLayers: 0 },
  quantization: { method: "fp8", bits: 8 },
};

describe("elements of a model are those of its card", () => {
  // the cards' own totals, in billions
  it.each([
    ["llama-3.3-70b", 70.6],
    ["qwen2.5-7b", 7.62],
    ["qwen3-0.6b", 0.596],
    ["qwen3-30b-a3b", 30.5],
    ["qwen1.5-moe-a2.7b", 14.3],
    ["mixtral-8x7b", 46.7],
    ["mistral-7b-v0.1", 7.24],
    ["deepseek-v2-lite", 15.7],
    ["deepseek-v3", 671],
    ["gpt-oss-120b", 117],
    ["gemma-3-4b", 3.88], // without the vision tower's 0.42
  ])("%s: %s billion", (name, billions) => {
    expect(weightBytes(stored(name), one, plain) / 1e9 / billions).toBeCloseTo(1, 2);
  });
});

describe("bytes are those that an engine printed", () => {
  it("Qwen3-30B-A3B in bfloat16, tp 4: 14.2474 GiB a device (vllm-project/vllm issue 17327)", () => {
    const config = stored("qwen3-30b-a3b");
    const bytes = weightBytes(config, { ...one, tp: 4 }, widthsOf(config, {}) ?? plain);
    expect(bytes / GIB / 14.2474).toBeCloseTo(1, 2);
  });

  it("Llama 3.1 70B with weights of 8 bits, one device: 67.7229 GiB, printed as GB (vllm-project/vllm pull request 12569)", () => {
    const config: ModelConfig = {
      ...llama70,
      quantization: { method: "compressed-tensors", bits: 8, skips: ["lm_head"] },
    };
    expect(weightBytes(config, one, widthsOf(config, {}) ?? plain) / GIB / 67.7229).toBeCloseTo(1, 2);
  });

  it("DeepSeek-R1-Distill-Qwen-14B, tp 2: 13.9476 GiB, printed as GB, which has buffers of the runtime in it (vllm-project/vllm issue 13061)", () => {
    const config: ModelConfig = {
      ...stored("qwen2.5-7b"),
      layers: 48,
      kvLayers: 48,
      hidden: 5120,
      heads: 40,
      kvHeads: 8,
      intermediate: 13_824,
    };
    const ratio = weightBytes(config, { ...one, tp: 2 }, widthsOf(config, {}) ?? plain) / GIB / 13.9476;
    expect(ratio).toBeGreaterThan(0.98);
    expect(ratio).toBeLessThan(1);
  });

  it("Qwen3-235B-A22B-FP8, tp 4: 8.11 GiB hold 178,880 tokens (vllm-project/vllm issue 21348)", () => {
    expect((8.11 * GIB) / kvBytesPerToken(qwen235, { ...one, tp: 4 }, 2) / 178_880).toBeCloseTo(1, 1);
  });

  it("the tiny Qwen3 of the real tests on a CPU: VLLM_CPU_KVCACHE_SPACE=1 holds 2,097,152 tokens (vLLM 0.32.0)", () => {
    const config: ModelConfig = { ...stored("qwen3-0.6b"), layers: 2, kvLayers: 2, heads: 4, kvHeads: 2, headDim: 32 };
    expect(GIB / kvBytesPerToken(config, one, 2)).toBe(2_097_152);
  });

  it("DeepSeek-V2-Lite, latent attention: 32,768 tokens need 0.95 GiB (vllm-project/vllm issue 15871)", () => {
    expect((32_768 * kvBytesPerToken(stored("deepseek-v2-lite"), { ...one, tp: 2 }, 2)) / GIB).toBeCloseTo(0.95, 2);
  });
});

describe("KV of one token", () => {
  it.each([
    ["GQA, as many devices as heads", "llama-3.3-70b", { ...one, tp: 8 }, 80 * 2 * 128 * 2],
    ["GQA, more devices than heads: they are repeated", "qwen2.5-7b", { ...one, tp: 8 }, 28 * 2 * 128 * 2],
    ["MHA", "qwen1.5-moe-a2.7b", one, 24 * 2 * 16 * 128 * 2],
    ["MLA, on every device whole", "deepseek-v3", { ...one, tp: 8 }, 61 * 576 * 2],
    ["MLA with a sparse indexer beside it", "deepseek-v3.2", { ...one, tp: 8 }, 61 * (576 * 2 + 132)],
    ["MLA, its tokens shared by dcp", "deepseek-v3", { ...one, tp: 8, dcp: 8 }, (61 * 576 * 2) / 8],
    ["a hybrid: only layers with attention", "qwen3-next-80b-a3b", one, 12 * 2 * 2 * 256 * 2],
    ["pp: the busiest of three stages", "llama-3.3-70b", { ...one, pp: 3 }, 27 * 2 * 8 * 128 * 2],
    ["no attention at all", "mamba-2.8b", one, 0],
  ])("%s", (_, name, cut, bytes) => expect(kvBytesPerToken(stored(name), cut, 2)).toBeCloseTo(bytes, 6));

  it("is moved once, however many devices hold it", () => {
    expect(kvBytesToMove(llama70, 2)).toBe(327_680);
    expect(kvBytesToMove(stored("deepseek-v3"), 2)).toBe(70_272);
  });
});

describe("weights per device", () => {
  it("experts are spread over all ranks of the group, the rest is repeated on each", () => {
    const config = stored("deepseek-v3");
    const [alone, spread] = [
      weightBytes(config, { ...one, tp: 1, dp: 1 }, plain),
      weightBytes(config, { ...one, dp: 32 }, plain),
    ];
    const routed = 58 * 256 * 3 * 7168 * 2048;
    expect(alone - spread).toBeCloseTo(routed * (1 - 1 / 32), -3);
  });

  it("of a method whose bits nobody says are not guessed", () => {
    expect(widthsOf(llama70, { quantization: "ascend" })).toBeUndefined();
    expect(widthsOf(llama70, { quantization: "fp8" })).toMatchObject({ mlp: 1, plain: 2 });
  });

  it("4 bits with a scale for 128 weights, 32 weights, and what is left as it was", () => {
    expect(widthsOf(stored("qwen2.5-72b-awq"), {})?.mlp).toBeCloseTo(0.5 + 2 / 128, 9);
    expect(widthsOf(stored("gpt-oss-120b"), {})).toEqual({ attention: 2, mlp: 0.53125, experts: 0.53125, plain: 2 });
    expect(widthsOf(stored("deepseek-r1-nvfp4"), {})?.attention).toBe(2);
  });
});

const cluster = (engine: string) =>
  topologyFrom(`version: 1
name: fits
model: /models/m
nodes: [{ name: "n[0-1]", host: "10.0.0.[1-2]", nic: eth0, hardware: cuda, devices: 8, device_memory_gib: 80, nic_gbps: 400 }]
kv: { transfer: { connector: nixl } }
engine: { ${engine} }
prefill: { nodes: n0 }
decode: { nodes: n1 }
proxy: { node: n1, port: 8080 }
`);
const said = (engine: string, config = llama70) => {
  const topology = cluster(engine);
  return runRules(capacityRules, { topology, capacity: capacity(topology, config) }).map(
    ({ code, title }) => `${code} ${title}`,
  );
};

describe("whether it fits", () => {
  it("says per device what the weights take, how many tokens are left at most, and how long a prompt moves", () => {
    const sized = capacity(cluster("parallel: { tp: 8 }, args: { max-model-len: 32768 }"), llama70);
    expect(fitLines(sized)).toEqual([
      "  fits    prefill-0: 16.4 GiB of weights per device of 72.0 GiB, at most 1,456,755 tokens of KV per engine, 44.5 requests of 32,768",
      "          decode-0: 16.4 GiB of weights per device of 72.0 GiB, at most 1,456,755 tokens of KV per engine, 44.5 requests of 32,768",
      "  moves   320 KiB of KV per token; 7ms for 1,000 tokens at 400 Gbit/s",
    ]);
    expect(planCapacity(sized, [8000])).toContain("  8000 tokens   2.44 GiB   52ms at 400 Gbit/s");
  });

  it("is silent where it does", () => {
    expect(said("parallel: { tp: 8 }, args: { max-model-len: 131072 }")).toEqual([]);
  });

  it("M15: weights that are larger than the device", () => {
    expect(said("parallel: { tp: 1 }")).toEqual([
      "M15 prefill-0 has 131.4 GiB of weights per device, and vLLM may take 72.0 GiB of its 80.0 GiB",
      "M15 decode-0 has 131.4 GiB of weights per device, and vLLM may take 72.0 GiB of its 80.0 GiB",
    ]);
  });

  it("M16: no room for one request of the longest length", () => {
    const [first] = said("parallel: { tp: 2 }, args: { max-model-len: 131072 }");
    expect(first).toMatch(/^M16 prefill-0 has room for 4\d,\d{3} tokens at most, and its longest request has 131,072$/);
    expect(said("parallel: { tp: 2 }, args: { max-model-len: 32768 }")).toEqual([]);
    expect(
      said("parallel: { tp: 2 }, args: { max-model-len: 131072, gpu-memory-utilization: 0.99, kv-cache-dtype: fp8 }"),
    ).toEqual([]);
  });

  it("nothing is said where the bits or the memory are not known", () => {
    expect(said("parallel: { tp: 1 }, args: { quantization: ascend }")).toEqual([]);
    const topology = cluster("parallel: { tp: 1 }");
    const unknown = { ...topology, nodes: topology.nodes.map(({ deviceMemoryGib: _, ...node }) => node) };
    expect(runRules(capacityRules, { topology: unknown, capacity: capacity(unknown, llama70) })).toEqual([]);
  });
});
