import { readExperts } from "./model/experts.ts";
import { isRecord, Keys } from "./model/keys.ts";
import { layerCounts } from "./model/layers.ts";
import { readQuantization } from "./model/quantization.ts";
import type { ModelConfig } from "./model-config.ts";

/**
 * Reads a model's `config.json` as Hugging Face writes it, in the families' different names.
 * @param json  the parsed file
 * @returns     the config, or what is missing or wrong in the file, in one line
 * Source: the config classes of transformers; vLLM reads the same keys (`vllm/config/model.py`, `transformers_utils/`).
 */
export function readModelConfig(json: unknown): ModelConfig | { readonly error: string } {
  if (!isRecord(json)) return { error: "a model's config.json is one JSON object" };
  const whole = new Keys(json);
  if (!whole.has("model_type", "architectures") && whole.has("dim", "n_layers"))
    return {
      error:
        "this is Mistral's own params.json; the config.json beside it, or of the Hugging Face form of the model, is needed",
    };
  const text = textPart(whole);
  const read = readText(text, whole);
  if (whole.faults.length > 0) return { error: [...new Set(whole.faults)].join("; ") };
  return read;
}

/** A multimodal model keeps its language model one or two levels down, under one of these names. */
function textPart(keys: Keys): Keys {
  const part = keys.part("thinker_config") ?? keys.part("text_config", "llm_config", "language_config");
  return part === undefined ? keys : textPart(part);
}

function readText(keys: Keys, whole: Keys): ModelConfig | { readonly error: string } {
  const modelType = keys.text("model_type") ?? whole.text("model_type") ?? "";
  const usual = classDefaults.get(modelType);
  const counts = layerCounts(keys, modelType);
  const hidden = keys.whole("hidden_size", "n_embd", "d_model");
  const heads = counts?.kvLayers === 0 ? 0 : (keys.whole("num_attention_heads", "n_head", "n_heads") ?? usual?.heads);
  const vocab = keys.whole("vocab_size", "padded_vocab_size") ?? usual?.vocab;
  const lacks = [
    ...(counts === undefined ? ["num_hidden_layers"] : []),
    ...(hidden === undefined ? ["hidden_size"] : []),
    ...(heads === undefined ? ["num_attention_heads"] : []),
    ...(vocab === undefined ? ["vocab_size"] : []),
  ];
  if (counts === undefined || hidden === undefined || heads === undefined || vocab === undefined)
    return { error: `the file does not say ${lacks.join(", ")}` };
  const intermediate = denseWidth(keys, hidden);
  const mla = readLatent(keys);
  const moe = readExperts(keys, counts.layers, intermediate);
  const dtype = keys.text("dtype", "torch_dtype") ?? whole.text("dtype", "torch_dtype");
  const quantization = readQuantization(whole) ?? readQuantization(keys);
  const maxPositions = keys.whole(
    "max_position_embeddings",
    "n_positions",
    "max_sequence_length",
    "seq_length",
    "max_seq_len",
  );
  const draftLayers = keys.whole("num_nextn_predict_layers", "mtp_num_hidden_layers");
  const towers = ["vision_config", "audio_config"].filter(
    (name) => whole.has(name) || whole.part("thinker_config")?.has(name),
  );
  return {
    architectures: whole.texts("architectures") ?? keys.texts("architectures") ?? [],
    modelType,
    ...counts,
    hidden,
    vocab,
    tiedEmbeddings:
      keys.flag("tie_word_embeddings") ?? whole.flag("tie_word_embeddings") ?? tiesByClass.test(modelType),
    heads,
    kvHeads: heads === 0 ? 0 : (kvHeads(keys) ?? usual?.kvHeads ?? heads),
    headDim:
      mla !== undefined
        ? mla.nopeDim + mla.ropeDim
        : (keys.whole("head_dim", "kv_channels", "attention_head_dim") ?? usual?.headDim ?? perHead(hidden, heads)),
    intermediate,
    mlpMatrices: ungated.test(modelType) ? 2 : 3,
    ...(mla !== undefined && { mla }),
    ...(moe !== undefined && { moe }),
    ...(dtype !== undefined && { dtype }),
    ...(quantization !== undefined && { quantization }),
    ...(maxPositions !== undefined && { maxPositions }),
    ...(draftLayers !== undefined && draftLayers > 0 && { draftLayers }),
    ...(towers.length > 0 && { towers }),
  };
}

const perHead = (hidden: number, heads: number) => (heads === 0 ? 0 : Math.floor(hidden / heads));

function kvHeads(keys: Keys): number | undefined {
  const written = keys.whole("num_key_value_heads", "num_kv_heads", "multi_query_group_num", "n_head_kv");
  if (written !== undefined) return written;
  return keys.flag("multi_query") === true ? 1 : undefined; // Falcon, GPT-BigCode
}

const denseWidth = (keys: Keys, hidden: number) =>
  keys.whole("intermediate_size_mlp", "intermediate_size", "ffn_hidden_size", "n_inner", "ffn_dim", "ffn_hidden") ??
  Math.round((keys.number("expansion_ratio") ?? 4) * hidden);

/** DeepSeek's latent attention. A model with the rank but without it (the rank is 0 or null) has ordinary heads. */
function readLatent(keys: Keys): ModelConfig["mla"] {
  const kvRank = keys.whole("kv_lora_rank");
  if (!kvRank) return undefined;
  const queryRank = keys.whole("q_lora_rank");
  const indexDim = keys.has("index_topk") ? keys.whole("index_head_dim") : undefined;
  const nopeDim = keys.whole("qk_nope_head_dim") ?? 128;
  return {
    kvRank,
    ropeDim: keys.whole("qk_rope_head_dim") ?? 64,
    nopeDim,
    valueDim: keys.whole("v_head_dim") ?? nopeDim,
    ...(queryRank && { queryRank }),
    ...(indexDim !== undefined && { indexDim }),
  };
}

/** Families whose class ties the embeddings unless the file says otherwise. */
const tiesByClass = /^(gemma|cohere|gpt2|gpt_bigcode|opt|bloom|mpt|falcon$)/;
/** Families whose MLP has two matrices, up and down, and no gate. */
const ungated = /^(gpt2|gpt_bigcode|gpt_neox|gptj|opt|bloom|mpt|falcon|phi|starcoder2|nemotron|nemotron_h)$/;
/** What a class fills in and its files leave out. */
const classDefaults = new Map([["gemma3_text", { heads: 8, kvHeads: 4, headDim: 256, vocab: 262_208 }]]);
