/**
 * What a model's `config.json` says, read once and told in one vocabulary: names differ between model families, numbers do not.
 * Counts are per layer or per model as named; sizes in elements, never in bytes. What the file does not say is undefined.
 */
export interface ModelConfig {
  readonly architectures: readonly string[];
  readonly modelType: string;
  readonly layers: number;
  readonly hidden: number;
  readonly vocab: number;
  readonly tiedEmbeddings: boolean;
  /** Query heads per layer. */
  readonly heads: number;
  /** KV heads per layer: equal to heads for MHA, fewer for GQA, 1 for MQA. */
  readonly kvHeads: number;
  readonly headDim: number;
  /** Width of the dense MLP. */
  readonly intermediate: number;
  /** Matrices of an MLP or expert: gate, up and down, or up and down alone. */
  readonly mlpMatrices: 2 | 3;
  /** Multi-head latent attention (DeepSeek): what one token leaves in the cache per layer is `kvRank + ropeDim` elements. */
  readonly mla?: {
    readonly kvRank: number;
    readonly ropeDim: number;
    readonly nopeDim: number;
    readonly valueDim: number;
    readonly queryRank?: number;
    /** Sparse attention (DeepSeek V3.2): width of the key that its indexer keeps beside, per token and layer. */
    readonly indexDim?: number;
  };
  /** Mixture of experts; unset: a dense model. */
  readonly moe?: {
    readonly experts: number;
    readonly perToken: number;
    /** Shared experts, counted in widths of a routed one. */
    readonly shared: number;
    readonly intermediate: number;
    /** Layers without experts: the first ones of DeepSeek, every second of Jamba. */
    readonly denseLayers: number;
  };
  /** Layers that keep KV for the tokens they saw. */
  readonly kvLayers: number;
  /** Those of them that look back over a window and let go of what is older. */
  readonly sliding?: { readonly layers: number; readonly tokens: number };
  /** Layers that keep a state of fixed size (Mamba, linear attention); 0: none. */
  readonly stateLayers: number;
  /** `bfloat16`, `float16`, `float32`, as the file names it. */
  readonly dtype?: string;
  /** `fp8`, `awq`, `gptq`, `compressed-tensors`, …; bits per weight where the file says. */
  readonly quantization?: {
    readonly method: string;
    readonly bits?: number;
    /** Weights that share one scale. */
    readonly group?: number;
    /** Names or patterns of modules that stay in `dtype`. */
    readonly skips?: readonly string[];
  };
  /** Longest sequence the model was made for, tokens. */
  readonly maxPositions?: number;
  /** Multi-token-prediction layers in the checkpoint: loaded only for speculative decoding. */
  readonly draftLayers?: number;
  /** Parts beside the language model whose weights this value does not count (`vision_config`, `audio_config`). */
  readonly towers?: readonly string[];
}
