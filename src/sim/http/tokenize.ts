import { idOf, wordOf, wordsOf } from "../engine/vocabulary.ts";
import type { EngineConfig } from "../start/config.ts";
import { boolean } from "./fields.ts";
import { chatWords } from "./prompts.ts";
import { jsonOf, misshapen } from "./reply.ts";
import { modelOf } from "./request.ts";

/** POST /tokenize: a text or a chat as the tokens that the stand-in makes of it. */
export function tokenized(text: string, config: EngineConfig) {
  const body = jsonOf(text);
  modelOf(body, config);
  const words = body.messages === undefined ? wordsOf(promptOf(body.prompt)) : chatWords(body);
  return {
    count: words.length,
    max_model_len: config.maxModelLen,
    tokens: words.map((word) => idOf(word, config.vocabulary)),
    token_strs: boolean(body, "return_token_strs") ? words : null,
  };
}

/** POST /detokenize: a word cannot be had back from its number, so the number is written. */
export function detokenized(text: string, config: EngineConfig) {
  const body = jsonOf(text);
  modelOf(body, config);
  if (!Array.isArray(body.tokens)) throw misshapen("missing", ["tokens"], "Field required", body);
  return { prompt: body.tokens.map((id) => wordOf(Number(id))).join(" ") };
}

function promptOf(prompt: unknown): string {
  if (typeof prompt === "string") return prompt;
  throw misshapen("string_type", ["prompt"], "Input should be a valid string", prompt);
}
