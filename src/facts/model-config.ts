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
  /** Multi-head latent attention (DeepSeek): what one token leaves in the cache per layer is `kvRank + ropeDim` elements. */
  readonly mla?: {
    readonly kvRank: number;
    readonly ropeDim: number;
    readonly nopeDim: number;
    readonly valueDim: number;
    readonly queryRank?: number;
  };
  /** Mixture of experts; unset: a dense model. */
  readonly moe?: {
    readonly experts: number;
    readonly perToken: number;
    readonly shared: number;
    readonly intermediate: number;
    /** Layers at the start that are dense. */
    readonly denseLayers: number;
  };
  /** Layers that keep a state instead of a KV cache (Mamba, linear attention); 0: none. */
  readonly stateLayers: number;
  /** `bfloat16`, `float16`, `float32`, as the file names it. */
  readonly dtype?: string;
  /** `fp8`, `awq`, `gptq`, `compressed-tensors`, …; bits per weight where the file says. */
  readonly quantization?: { readonly method: string; readonly bits?: number };
  /** Longest sequence the model was made for, tokens. */
  readonly maxPositions?: number;
}
