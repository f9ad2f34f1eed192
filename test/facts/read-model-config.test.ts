import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readModelConfig } from "../../src/facts/index.ts";

const folder = new URL("./model/", import.meta.url);
const stored = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));

/** By hand from each model's card and config class; one row per file of the folder. */
const families: Readonly<Record<string, object>> = {
  "llama-3.3-70b": {
    layers: 80,
    kvLayers: 80,
    heads: 64,
    kvHeads: 8,
    headDim: 128,
    mlpMatrices: 3,
    dtype: "bfloat16",
    tiedEmbeddings: false,
  },
  "qwen2.5-7b": { heads: 28, kvHeads: 4, headDim: 128, sliding: undefined, maxPositions: 32768 },
  "qwen3-0.6b": { tiedEmbeddings: true, headDim: 128, hidden: 1024, moe: undefined, sliding: undefined },
  "qwen3-30b-a3b": { moe: { experts: 128, perToken: 8, shared: 0, intermediate: 768, denseLayers: 0 } },
  "qwen1.5-moe-a2.7b": { moe: { experts: 60, perToken: 4, shared: 4, intermediate: 1408, denseLayers: 0 } },
  "mixtral-8x7b": { kvHeads: 8, moe: { experts: 8, perToken: 2, shared: 0, intermediate: 14336, denseLayers: 0 } },
  "deepseek-v2-lite": {
    mla: { kvRank: 512, ropeDim: 64, nopeDim: 128, valueDim: 128 },
    headDim: 192,
    moe: { experts: 64, perToken: 6, shared: 2, intermediate: 1408, denseLayers: 1 },
  },
  "deepseek-v3": {
    mla: { kvRank: 512, ropeDim: 64, nopeDim: 128, valueDim: 128, queryRank: 1536 },
    moe: { experts: 256, perToken: 8, shared: 1, intermediate: 2048, denseLayers: 3 },
    quantization: { method: "fp8", bits: 8 },
    draftLayers: 1,
  },
  "deepseek-v3.2": { mla: { kvRank: 512, ropeDim: 64, nopeDim: 128, valueDim: 128, queryRank: 1536, indexDim: 128 } },
  "deepseek-r1-nvfp4": {
    quantization: { method: "modelopt", bits: 4, skips: ["lm_head", "model.layers.*.self_attn*"] },
    dtype: "bfloat16",
  },
  "gpt-oss-120b": {
    layers: 36,
    kvLayers: 36,
    sliding: { layers: 18, tokens: 128 },
    headDim: 64,
    moe: { experts: 128, perToken: 4, shared: 0, intermediate: 2880, denseLayers: 0 },
    quantization: {
      method: "mxfp4",
      bits: 4,
      skips: ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"],
    },
    dtype: undefined,
  },
  "mistral-7b-v0.1": { sliding: { layers: 32, tokens: 4096 }, headDim: 128 },
  "gemma-3-4b": {
    architectures: ["Gemma3ForConditionalGeneration"],
    modelType: "gemma3_text",
    heads: 8,
    kvHeads: 4,
    headDim: 256,
    sliding: { layers: 29, tokens: 1024 },
    tiedEmbeddings: true,
    towers: ["vision_config"],
  },
  "mamba-2.8b": { layers: 64, kvLayers: 0, stateLayers: 64, heads: 0, kvHeads: 0, headDim: 0, tiedEmbeddings: true },
  "jamba-1.5-mini": {
    kvLayers: 4,
    stateLayers: 28,
    moe: { experts: 16, perToken: 2, shared: 0, intermediate: 14336, denseLayers: 16 },
  },
  "nemotron-h-8b": { layers: 52, kvLayers: 4, stateLayers: 24, mlpMatrices: 2, headDim: 128 },
  "qwen3-next-80b-a3b": {
    kvLayers: 12,
    stateLayers: 36,
    headDim: 256,
    moe: { experts: 512, perToken: 10, shared: 1, intermediate: 512, denseLayers: 0 },
  },
  "llama-3.1-8b-w4a16": { quantization: { method: "compressed-tensors", bits: 4, group: 128, skips: ["lm_head"] } },
  "qwen2.5-72b-awq": { quantization: { method: "awq", bits: 4, group: 128 } },
};

describe("a model's config is read in its family's own names", () => {
  it.each(Object.entries(families))("%s", (name, facts) => {
    const read = readModelConfig(stored(name));
    expect(read).toMatchObject(Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)));
    for (const [key, value] of Object.entries(facts)) if (value === undefined) expect(read).not.toHaveProperty(key);
  });

  it("every stored config has a row", () => {
    const files = readdirSync(folder).map((file) => file.replace(/\.json$/, ""));
    expect(new Set(Object.keys(families))).toEqual(new Set(files));
  });
});

describe("a config that cannot be read says why in one line", () => {
  const dense = {
    model_type: "llama",
    hidden_size: 64,
    num_attention_heads: 4,
    num_hidden_layers: 2,
    vocab_size: 1000,
  };
  it.each([
    ["a list", [], "a model's config.json is one JSON object"],
    ["null", null, "a model's config.json is one JSON object"],
    ["an empty object", {}, "the file does not say num_hidden_layers, hidden_size, num_attention_heads, vocab_size"],
    [
      "a count as text",
      { ...dense, num_hidden_layers: "2" },
      'num_hidden_layers must be a whole number, 0 or more, found "2"',
    ],
    [
      "heads that differ per layer",
      { ...dense, num_key_value_heads: [4, 8] },
      "num_key_value_heads must be a whole number, 0 or more, found [4,8]",
    ],
    [
      "a fault inside the text part",
      { text_config: { ...dense, vocab_size: -1 } },
      "text_config.vocab_size must be a whole number, 0 or more, found -1",
    ],
    [
      "Mistral's own file",
      { dim: 4096, n_layers: 32, head_dim: 128, hidden_dim: 14336, n_heads: 32, n_kv_heads: 8, vocab_size: 32000 },
      "this is Mistral's own params.json; the config.json beside it, or of the Hugging Face form of the model, is needed",
    ],
  ])("%s", (_, json, error) => expect(readModelConfig(json)).toEqual({ error }));

  it("what the file leaves out falls back to ordinary attention", () => {
    expect(readModelConfig(dense)).toMatchObject({
      kvHeads: 4,
      headDim: 16,
      tiedEmbeddings: false,
      kvLayers: 2,
      stateLayers: 0,
    });
  });
});
