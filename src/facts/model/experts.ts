import type { ModelConfig } from "../model-config.ts";
import type { Keys } from "./keys.ts";

/** The experts of a mixture; undefined for a dense model. */
export function readExperts(keys: Keys, layers: number, intermediate: number): ModelConfig["moe"] {
  const experts = keys.whole("n_routed_experts", "num_local_experts", "num_experts", "moe_num_experts");
  if (experts === undefined || experts < 2) return undefined;
  const width = keys.whole("moe_intermediate_size", "expert_ffn_hidden_size") ?? expertWidth(keys, intermediate);
  return {
    experts,
    perToken: keys.whole("num_experts_per_tok", "num_experts_per_token", "experts_per_token", "moe_topk", "moe_k") ?? 1,
    shared: sharedExperts(keys, width),
    intermediate: width,
    denseLayers: layers - expertLayers(keys, layers),
  };
}

/** Llama 4 names the dense width apart; Mixtral, gpt-oss and Jamba have one width for both. */
const expertWidth = (keys: Keys, intermediate: number) =>
  keys.has("intermediate_size_mlp") ? (keys.whole("intermediate_size") ?? intermediate) : intermediate;

/** In widths of an ordinary expert: Qwen's one shared expert is several times as wide as the routed ones. */
function sharedExperts(keys: Keys, width: number): number {
  const count = keys.whole("n_shared_experts", "num_shared_experts", "moe_num_shared_experts");
  if (count !== undefined) return count;
  const sharedWidth = keys.whole("shared_expert_intermediate_size", "moe_shared_expert_intermediate_size");
  if (sharedWidth !== undefined && width > 0) return sharedWidth / width;
  return keys.has("interleave_moe_layer_step") ? 1 : 0; // Llama 4 always has one
}

function expertLayers(keys: Keys, layers: number): number {
  const pattern = keys.text("hybrid_override_pattern");
  if (pattern !== undefined) return [...pattern].filter((letter) => letter === "E").length;
  const listed = keys.wholes("moe_layers"); // Llama 4
  if (listed !== undefined) return listed.length;
  const period = keys.whole("expert_layer_period"); // Jamba: from an offset on, one in so many
  if (period) return Math.max(0, Math.ceil((layers - (keys.whole("expert_layer_offset") ?? 0)) / period));
  const dense = keys.wholes("mlp_only_layers")?.length ?? 0; // Qwen
  const step = keys.whole("decoder_sparse_step", "moe_layer_freq", "interleave_moe_layer_step") || 1;
  const first = keys.whole("first_k_dense_replace", "moe_layer_start_index") ?? 0; // DeepSeek, ERNIE
  return Math.max(0, Math.floor((layers - first) / step) - dense);
}
