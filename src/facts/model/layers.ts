import type { ModelConfig } from "../model-config.ts";
import type { Keys } from "./keys.ts";

/** Layers by what they keep of a sequence; a layer may keep both (Falcon-H1) or nothing (a block that is only an MLP). */
export type LayerCounts = Pick<ModelConfig, "layers" | "kvLayers" | "stateLayers" | "sliding">;

const pureState = /^(falcon_)?mamba2?$|^rwkv|^codestral_mamba$/;
const bothAtOnce = /^falcon_h1$/;

/**
 * How many of the layers hold KV for every token, for a window of tokens, or a state of fixed size.
 * Source: the families' config classes in transformers (layer_types, hybrid_override_pattern, attn_layer_period, full_attention_interval …).
 */
export function layerCounts(keys: Keys, modelType: string): LayerCounts | undefined {
  const kinds = listedKinds(keys);
  if (kinds !== undefined) return counted(keys, kinds);
  const layers = keys.whole("num_hidden_layers", "n_layer", "n_layers", "num_layers");
  if (layers === undefined) return undefined;
  if (pureState.test(modelType)) return { layers, kvLayers: 0, stateLayers: layers };
  if (bothAtOnce.test(modelType)) return { layers, kvLayers: layers, stateLayers: layers };
  const kvLayers = attentionLayers(keys, layers);
  const sliding = slidingLayers(keys, modelType, layers);
  return { layers, kvLayers, stateLayers: layers - kvLayers, ...(sliding !== undefined && { sliding }) };
}

/** One word per layer, where the file lists them; null of an unreadable list is left to the keys' own fault. */
function listedKinds(keys: Keys): readonly string[] | undefined {
  const pattern = keys.text("hybrid_override_pattern"); // Nemotron-H: M mamba, * attention, - MLP, E experts
  if (pattern !== undefined) return [...pattern].map((letter) => nemotron.get(letter) ?? letter);
  const ones = keys.wholes("attn_type_list"); // MiniMax: 1 softmax, 0 linear
  if (ones !== undefined) return ones.map((one) => (one === 1 ? "full_attention" : "linear_attention"));
  return keys.texts("layer_types", "layers_block_type");
}

const nemotron = new Map([
  ["M", "mamba"],
  ["*", "attention"],
  ["-", "mlp"],
  ["E", "moe"],
]);
const nothingKept = new Set(["mlp", "moe"]);
const stateKept = new Set(["mamba", "mamba2", "linear_attention", "recurrent", "conv", "short_conv", "hybrid"]);

function counted(keys: Keys, kinds: readonly string[]): LayerCounts {
  const keepsState = kinds.filter((kind) => stateKept.has(kind));
  const keepsKv = kinds.filter((kind) => kind === "hybrid" || !(stateKept.has(kind) || nothingKept.has(kind)));
  const windowed = kinds.filter((kind) => kind === "sliding_attention" || kind === "chunked_attention").length;
  const tokens = keys.whole("sliding_window", "attention_chunk_size");
  return {
    layers: kinds.length,
    kvLayers: keepsKv.length,
    stateLayers: keepsState.length,
    ...(windowed > 0 && tokens !== undefined && { sliding: { layers: windowed, tokens } }),
  };
}

function attentionLayers(keys: Keys, layers: number): number {
  const listed = keys.wholes("attn_layer_indices"); // Bamba
  if (listed !== undefined) return listed.length;
  const interval = keys.whole("full_attention_interval"); // Qwen3-Next: the last of every so many
  if (interval) return Math.floor(layers / interval);
  const period = keys.whole("attn_layer_period"); // Jamba
  const offset = keys.whole("attn_layer_offset") ?? 0;
  return period ? Math.max(0, Math.ceil((layers - offset) / period)) : layers;
}

/** Families that name a window and use it only when they are told to. */
const windowOnRequest = /^qwen[23]/;

function slidingLayers(keys: Keys, modelType: string, layers: number): ModelConfig["sliding"] {
  const tokens = keys.whole("sliding_window");
  const used = keys.flag("use_sliding_window") ?? !windowOnRequest.test(modelType);
  if (!tokens || !used) return undefined;
  const pattern = keys.whole("sliding_window_pattern") ?? usualPattern.get(modelType);
  return { tokens, layers: pattern ? layers - Math.floor(layers / pattern) : layers };
}

/** Every how many layers one looks at all tokens, where the class says so and the file does not. */
const usualPattern = new Map([
  ["gemma2", 2],
  ["gemma3_text", 6],
  ["cohere2", 4],
]);
