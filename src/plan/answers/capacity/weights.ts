import type { ModelConfig } from "../../../facts/model-config.ts";

/** How a model is cut: devices of one engine, engines of one group. */
export interface Cut {
  readonly tp: number;
  readonly pp: number;
  readonly dp: number;
  /** Decode context parallel: ranks that share the tokens of one sequence. */
  readonly dcp: number;
}

/** Bytes that one element of each kind of weight takes on the device. */
export interface Widths {
  readonly attention: number;
  readonly mlp: number;
  readonly experts: number;
  /** Embeddings, the head, the router and norms: never quantised. */
  readonly plain: number;
}

/**
 * Bytes of weights on the device that has most of them.
 *
 * Per layer, with h hidden, a heads, g KV heads, d head width, t = tp:
 * attention h·a·d/t twice (q, o) and h·d·max(1, g/t) twice (k, v, which are repeated when there are fewer heads than devices); latent attention
 * h·r_q + r_q·a·(n+p)/t (or h·a·(n+p)/t), h·(r+p) on every device, r·a·(n+v)/t and a·v·h/t; an MLP m·h·w/t with m matrices of width w; experts
 * m·h·w_e·E/(t·dp), since vLLM spreads them over all ranks of the group with and without expert parallelism, and the router h·E on each.
 * Embeddings and head V·h/t each, one of them when they are tied; with pp > 1 the first stage has the one and the last the other.
 * The layers of the busiest stage are ⌈L/pp⌉.
 * State layers (Mamba, linear attention), vision and audio towers are not counted: the result is then a lower bound.
 * Source: launch.md §1.1, §1.2; vLLM's layers (QKVParallelLinear, FusedMoE, VocabParallelEmbedding, MLA in deepseek_v2.py).
 */
export function weightBytes(config: ModelConfig, cut: Cut, widths: Widths): number {
  const { layers, hidden, vocab, kvLayers, tiedEmbeddings } = config;
  const share = Math.ceil(layers / cut.pp) / layers; // of every kind of layer, as they alternate
  const experts = config.moe === undefined ? 0 : layers - config.moe.denseLayers;
  const dense = denseLayers(config, experts);
  const blocks =
    kvLayers * attention(config, cut.tp) * widths.attention +
    dense * mlp(config, config.intermediate, cut.tp) * widths.mlp +
    experts * expertLayer(config, cut, widths) +
    layers * 2 * hidden * widths.plain;
  const table = (vocab * hidden * widths.plain) / cut.tp;
  return blocks * share + (tiedEmbeddings || cut.pp > 1 ? table : 2 * table);
}

/** Layers with an ordinary MLP. Where layers have one purpose each, those that are neither attention nor state. */
function denseLayers({ modelType, layers, kvLayers, stateLayers, moe }: ModelConfig, experts: number): number {
  if (modelType === "nemotron_h") return layers - kvLayers - stateLayers - experts;
  return kvLayers === 0 ? 0 : moe === undefined ? layers : moe.denseLayers; // a pure state model has no MLP of its own
}

function attention({ hidden, heads, kvHeads, headDim, mla }: ModelConfig, tp: number): number {
  if (mla === undefined) return (2 * hidden * heads * headDim) / tp + 2 * hidden * headDim * Math.max(1, kvHeads / tp);
  const { kvRank, ropeDim, nopeDim, valueDim, queryRank } = mla;
  const query = (width: number) => (width * heads * (nopeDim + ropeDim)) / tp;
  return (
    (queryRank === undefined ? query(hidden) : hidden * queryRank + query(queryRank)) +
    hidden * (kvRank + ropeDim) +
    (kvRank * heads * (nopeDim + valueDim)) / tp +
    (heads * valueDim * hidden) / tp
  );
}

const mlp = ({ hidden, mlpMatrices }: ModelConfig, width: number, tp: number) => (mlpMatrices * hidden * width) / tp;

function expertLayer(config: ModelConfig, { tp, dp }: Cut, widths: Widths): number {
  const { moe, hidden } = config;
  if (moe === undefined) return 0;
  const routed = (mlp(config, moe.intermediate, 1) * moe.experts) / (tp * dp);
  const shared = mlp(config, moe.intermediate, tp) * moe.shared;
  return routed * widths.experts + shared * widths.mlp + hidden * moe.experts * widths.plain;
}
