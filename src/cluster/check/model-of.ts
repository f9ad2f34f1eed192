import { type Facts, type ModelConfig, readModelConfig } from "../../facts/index.ts";

/** The model's config as the first node tells it that has one; undefined: none does, or it is none that can be read. */
export function modelOf(facts: readonly Facts[]): ModelConfig | undefined {
  const text = facts.find(({ model }) => model !== undefined)?.model?.config;
  return text === undefined ? undefined : modelFrom(text);
}

function modelFrom(text: string): ModelConfig | undefined {
  const json = parsed(text);
  const read = json === undefined ? undefined : readModelConfig(json);
  return read === undefined || "error" in read ? undefined : read; // the engine says itself what it cannot read
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // as above
  }
}
