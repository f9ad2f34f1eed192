import type { ModelConfig } from "../model-config.ts";
import type { Keys } from "./keys.ts";

/**
 * How the weights are stored, from `quantization_config` in all its spellings.
 * Source: quantization_config of transformers, compressed-tensors (`config_groups.*.weights.num_bits`), modelopt (`quant_algo`), AutoAWQ (`w_bit`).
 */
export function readQuantization(keys: Keys): ModelConfig["quantization"] {
  const stored = keys.part("quantization_config", "compression_config");
  if (stored === undefined) return undefined;
  const method = stored.text("quant_method") ?? (stored.has("config_groups") ? "compressed-tensors" : "unknown");
  const bits = writtenBits(stored) ?? methodBits.get(method) ?? algorithmBits(stored.text("quant_algo"));
  const group = stored.whole("group_size", "q_group_size") ?? groupsOf(stored)[0]?.whole("group_size");
  const skips = stored.texts("modules_to_not_convert", "ignore", "ignored_layers", "exclude_modules");
  return {
    method,
    ...(bits !== undefined && { bits }),
    ...(group !== undefined && group > 0 && { group }),
    ...(skips !== undefined && { skips }),
  };
}

const methodBits = new Map([
  ["fp8", 8],
  ["fbgemm_fp8", 8],
  ["mxfp4", 4],
]);

function writtenBits(stored: Keys): number | undefined {
  const named = stored.whole("bits", "w_bit", "weight_bits");
  if (named !== undefined) return named;
  if (stored.flag("load_in_4bit", "_load_in_4bit") === true) return 4;
  if (stored.flag("load_in_8bit", "_load_in_8bit") === true) return 8;
  const groups = groupsOf(stored).flatMap((weights) => weights.whole("num_bits") ?? []);
  return groups.length === 0 ? undefined : Math.max(...groups); // groups of several widths: the widest, so that no estimate is too small
}

const groupsOf = (stored: Keys) =>
  (stored.part("config_groups")?.parts() ?? []).flatMap((group) => group.part("weights") ?? []);

function algorithmBits(algorithm: string | undefined): number | undefined {
  if (algorithm === undefined) return undefined;
  return /FP4|W4|INT4/i.test(algorithm) ? 4 : /FP8|W8|INT8/i.test(algorithm) ? 8 : undefined;
}
