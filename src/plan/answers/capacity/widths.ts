import type { ModelConfig } from "../../../facts/model-config.ts";
import type { Args } from "../../../topology/topology.ts";
import type { Widths } from "./weights.ts";

const BYTES: ReadonlyMap<string, number> = new Map([
  ["float32", 4],
  ["float", 4],
  ["bfloat16", 2],
  ["float16", 2],
  ["half", 2],
]);

/** Methods that quantise while they load, by the bits they make. */
const ONLINE: ReadonlyMap<string, number> = new Map([["fp8", 8]]);

/**
 * Bytes per weight, from the model's own quantization and what the user wrote; undefined where nobody says how many bits a method has.
 * A scale of 2 bytes belongs to every group, of 1 byte where groups are of 16 or 32 (NVFP4, MXFP4).
 */
export function widthsOf({ quantization }: ModelConfig, args: Args): Widths | undefined {
  const plain = elementBytes(text(args.dtype) ?? "auto");
  const asked = text(args.quantization);
  if (quantization === undefined && asked === undefined) return { attention: plain, mlp: plain, experts: plain, plain };
  const bits = quantization?.bits ?? ONLINE.get(asked ?? "");
  if (bits === undefined) return undefined;
  const group = quantization?.group ?? smallGroups.get(quantization?.method ?? "");
  const scale = group === undefined ? 0 : (group <= 32 ? 1 : 2) / group;
  const packed = bits / 8 + scale;
  const skips = (part: RegExp) => quantization?.skips?.some((one) => part.test(one)) ?? false;
  return {
    attention: skips(/^[^0-9]*(self_)?attn/) ? plain : packed,
    mlp: skips(/^[^0-9]*mlp\b(?!.*(gate$|router|experts))/) ? plain : packed,
    experts: packed,
    plain,
  };
}

const smallGroups: ReadonlyMap<string, number> = new Map([["mxfp4", 32]]);

/** Of the KV cache: `kv-cache-dtype`, else the model's. */
export function kvWidth(args: Args): number {
  const asked = text(args["kv-cache-dtype"]) ?? "auto";
  if (asked.startsWith("fp8")) return 1;
  return elementBytes(asked === "auto" ? (text(args.dtype) ?? "auto") : asked);
}

/** `auto` is two bytes: vLLM loads a float32 checkpoint as a type of two unless it is told otherwise. Source: `_resolve_auto_dtype` in vLLM. */
const elementBytes = (asked: string): number => BYTES.get(asked) ?? 2;

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
