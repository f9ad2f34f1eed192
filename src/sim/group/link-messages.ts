import type { Ask, Step } from "../engine/ask.ts";
import { isObject, type JsonObject } from "../json.ts";

/** What a head sends over its link, read strictly: the other end may be another version. */
export function readAsk(value: unknown): Ask | undefined {
  if (!isObject(value)) return undefined;
  const { id, prompt, maxTokens, minTokens, ignoreEos, stop, keepStop, stopTokens, salt, kvParams } = value;
  if (typeof id !== "string" || !Array.isArray(prompt) || !Array.isArray(stop)) return undefined;
  return {
    id,
    prompt: prompt.map(String),
    maxTokens: Number(maxTokens),
    minTokens: Number(minTokens),
    ignoreEos: ignoreEos === true,
    stop: stop.map(String),
    keepStop: keepStop === true,
    stopTokens: Array.isArray(stopTokens) ? stopTokens.map(Number) : [],
    salt: String(salt),
    kvParams: isObject(kvParams) ? kvParams : undefined,
  };
}

export function readStep(value: unknown): Step | undefined {
  if (!isObject(value)) return undefined;
  if (value.kind === "token")
    return { kind: "token", word: String(value.word), text: String(value.text), last: value.last === true };
  if (value.kind !== "end") return undefined;
  return {
    kind: "end",
    reason: value.reason === "stop" || value.reason === "abort" ? value.reason : "length",
    stopReason: typeof value.stopReason === "string" || typeof value.stopReason === "number" ? value.stopReason : null,
    kvParams: handedOver(value),
    cachedTokens: Number(value.cachedTokens),
  };
}

/** JSON has no undefined: a key that is missing stays missing. */
const handedOver = ({ kvParams }: JsonObject): JsonObject | null | undefined =>
  isObject(kvParams) || kvParams === null ? kvParams : undefined;
