import type { Seen } from "./seen.ts";

/** Words of this run (ports, paths) and what they are called in what is kept. */
export type Names = readonly (readonly [word: string, name: string])[];

/** Keys whose values are the model's or the clock's: that something is there counts, not what. */
const byKey: Readonly<Record<string, string>> = {
  created: "<time>",
  text: "<text>",
  content: "<text>",
  prompt: "<text>",
  decoded_token: "<text>",
  token: "<text>",
  system_fingerprint: "<fingerprint>",
  logprob: "<number>",
  rank: "<number>",
};

/** Lists and maps that hold the model's words. */
const elements: Readonly<Record<string, string>> = {
  tokens: "<token>",
  token_ids: "<token>",
  prompt_token_ids: "<token>",
  token_strs: "<text>",
  text_offset: "<offset>",
  token_logprobs: "<number>",
  remote_block_ids: "<block>",
};

/** A JSON value without what changes from run to run. */
export function masked(value: unknown, names: Names = [], key = ""): Seen {
  if (value === null || value === undefined || typeof value === "boolean") return value;
  if (key === "bytes") return "<bytes>";
  if (key in elements) return each(value, elements[key] ?? "");
  if (key === "stop_reason" && typeof value === "number") return "<token>";
  if (typeof value === "number") return byKey[key] ?? names.find(([word]) => word === String(value))?.[1] ?? value;
  if (typeof value === "string") return key in byKey ? byKey[key] : maskedText(value, names);
  if (Array.isArray(value)) {
    if (key === "top_logprobs" && value.some((one) => isPlain(one) && !("token" in one)))
      return value.map((one) => (one === null ? null : "<logprobs by token>"));
    if (key === "prompt_logprobs") return value.map((one) => (one === null ? null : "<logprobs by token>"));
    return value.map((one) => masked(one, names));
  }
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, masked(inner, names, name)]));
}

const isPlain = (value: unknown): value is object => typeof value === "object" && value !== null;

function each(value: unknown, element: string): Seen {
  if (Array.isArray(value)) return value.map((one) => each(one, element));
  return value === null ? null : element;
}

/** Identifiers, addresses of memory, times and the words of this run are replaced; everything else stays as it was said. */
export function maskedText(text: string, names: Names = []): string {
  const named = names.reduce((rest, [word, name]) => rest.replaceAll(word, name), text);
  return named
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>")
    .replace(/\b[0-9a-f]{64}\b/g, "<sha256>")
    .replace(/\b(cmpl-|chatcmpl-|modelperm-|^)[0-9a-f]{16}(?![0-9a-f])/g, "$1<id>")
    .replace(/-[0-9a-f]{8}\b/g, "-<suffix>");
}
