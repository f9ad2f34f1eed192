import type { ModelConfig } from "../../../facts/model-config.ts";
import type { Cut } from "./weights.ts";

/**
 * Bytes that one token leaves in the KV cache of one device.
 *
 * Ordinary attention: 2·d·max(1, g/tp) elements per layer, a key and a value for each KV head that the device has (MHA g = a, GQA g < a, MQA g = 1).
 * Latent attention: r + p elements per layer on every device, whatever tp is; with a sparse indexer its key of 8 bits and a scale of 4 bytes beside it.
 * Times the KV layers of the busiest stage, over dcp, whose ranks share the tokens. Layers with a window are counted in full: with a KV connector vLLM
 * keeps one cache for all layers. Source: launch.md §1.1; `AttentionSpec.page_size_bytes` and `MLAAttentionSpec` in vLLM's kv_cache_interface.py.
 * @param width  bytes of one element: 2 for bfloat16 and float16, 1 for fp8
 */
export function kvBytesPerToken(config: ModelConfig, { tp, pp, dcp }: Cut, width: number): number {
  const stage = Math.ceil(config.layers / pp) / config.layers;
  return (config.kvLayers * stage * kvBytesPerLayer(config, tp, width)) / dcp;
}

/** Bytes that a transfer moves for one token of a prompt: every layer, every KV head once, however many devices hold it. */
export const kvBytesToMove = (config: ModelConfig, width: number): number =>
  config.kvLayers * kvBytesPerLayer(config, 1, width);

function kvBytesPerLayer({ kvHeads, headDim, mla }: ModelConfig, tp: number, width: number): number {
  if (mla === undefined) return 2 * headDim * Math.max(1, kvHeads / tp) * width;
  const indexer = mla.indexDim === undefined ? 0 : mla.indexDim + 4;
  return (mla.kvRank + mla.ropeDim) * width + indexer;
}
