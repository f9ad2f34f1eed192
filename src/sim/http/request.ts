import { integerOf, isObject, type JsonObject, parseJson } from "../json.ts";
import type { EngineConfig } from "../start/config.ts";
import { badRequest, HttpError, misshapen, refused } from "./reply.ts";

/** A completion request after vLLM's validation; prompts are lists of words, a word is a token. */
export interface Completion {
  readonly chat: boolean;
  readonly model: string;
  readonly prompts: readonly (readonly string[])[];
  readonly copies: number;
  readonly maxTokens: readonly number[];
  readonly minTokens: number;
  readonly ignoreEos: boolean;
  readonly stop: readonly string[];
  readonly salt: string;
  readonly echo: boolean;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly continuousUsage: boolean;
  readonly kvParams: JsonObject | undefined;
}

export function readCompletion(text: string, chat: boolean, config: EngineConfig): Completion {
  const parsed = parseJson(text);
  if (parsed === undefined) throw misshapen("json_invalid", ["0"], "JSON decode error");
  const body = parsed.value;
  if (!isObject(body))
    throw misshapen("model_attributes_type", [], "Input should be a valid dictionary or object to extract fields from");
  const model = body.model ?? config.servedNames[0];
  if (typeof model !== "string" || !config.servedNames.includes(model)) {
    throw new HttpError(
      404,
      `The model \`${String(model)}\` does not exist. Valid aliases: ${config.servedNames.join(", ")}.`,
      "NotFoundError",
      "model",
    );
  }
  const stream = boolean(body, "stream");
  const options = body.stream_options ?? undefined;
  if (options !== undefined && !stream)
    throw refused("Stream options can only be defined when `stream=True`.", "stream_options");
  const prompts = chat ? [chatWords(body)] : promptsOf(body);
  if (prompts.some((prompt) => prompt.length === 0)) throw refused(NO_PROMPT, "prompt");
  const asked = maxTokensOf(body, chat);
  const minTokens = integer(body, "min_tokens") ?? 0;
  if (minTokens < 0) throw badRequest(`min_tokens must be greater than or equal to 0, got ${minTokens}.`, "min_tokens");
  const copies = integer(body, "n") ?? 1;
  if (copies < 1) throw badRequest(`n must be at least 1, got ${copies}.`, "n");
  const stop = stopOf(body.stop);
  return {
    chat,
    model,
    prompts,
    copies,
    maxTokens: prompts.map((prompt) => room(prompt.length, asked, minTokens, chat, config)),
    minTokens,
    ignoreEos: boolean(body, "ignore_eos"),
    stop,
    salt: saltOf(body.cache_salt),
    echo: boolean(body, "echo"),
    stream,
    includeUsage: isObject(options) && options.include_usage === true,
    continuousUsage: isObject(options) && options.continuous_usage_stats === true,
    kvParams: isObject(body.kv_transfer_params) ? body.kv_transfer_params : undefined,
  };
}

const NO_PROMPT = "Either prompt or prompt_embeds must be provided and non-empty.";

/** The text as words. There is no tokenizer: one token is one word between blanks. */
export const wordsOf = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== "");

function promptsOf({ prompt }: JsonObject): readonly (readonly string[])[] {
  const tokens = (value: unknown): readonly string[] | undefined => {
    if (typeof value === "string") return wordsOf(value);
    if (Array.isArray(value) && value.every((one) => Number.isInteger(one)))
      return value.map((one) => `<${String(one)}>`);
    return undefined;
  };
  const whole = tokens(prompt);
  if (whole !== undefined) return [whole];
  if (!Array.isArray(prompt) || prompt.length === 0) throw refused(NO_PROMPT, "prompt");
  return prompt.map((one) => {
    const words = tokens(one);
    if (words === undefined) throw badRequest("Input should be a valid string or a list of integers", "prompt");
    return words;
  });
}

/** The chat template of the stand-in: a marker for each role, the words, the tools as JSON, and the assistant's turn. */
function chatWords(body: JsonObject): readonly string[] {
  const { messages, tools } = body;
  if (!Array.isArray(messages) || messages.length === 0) throw misshapen("missing", ["messages"], "Field required");
  const turns = messages.flatMap((message) => {
    if (!isObject(message) || typeof message.role !== "string")
      throw badRequest("Input should be a valid message", "messages");
    return [`<|${message.role}|>`, ...wordsOf(contentOf(message.content))];
  });
  const before =
    Array.isArray(tools) && tools.length > 0 ? ["<|tools|>", ...tools.map((tool) => JSON.stringify(tool))] : [];
  const goesOn = body.continue_final_message === true;
  if (goesOn && body.add_generation_prompt === true)
    throw badRequest("Cannot set both `continue_final_message` and `add_generation_prompt` to True.");
  return [...before, ...turns, ...(goesOn || body.add_generation_prompt === false ? [] : ["<|assistant|>"])];
}

function contentOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (isObject(part) && typeof part.text === "string" ? part.text : "")).join(" ");
}

function maxTokensOf(body: JsonObject, chat: boolean): number | undefined {
  const given =
    (chat ? integer(body, "max_completion_tokens") : undefined) ??
    integer(body, "max_tokens") ??
    (chat ? undefined : 16);
  if (given !== undefined && given < 1)
    throw refused(`max_tokens must be at least 1, got ${given}.`, "max_tokens", given);
  return given;
}

function saltOf(salt: unknown): string {
  if (salt === undefined || salt === null) return "";
  if (typeof salt === "string" && salt !== "") return salt;
  throw refused("Parameter 'cache_salt' must be a non-empty string if provided.", "cache_salt");
}

/** How much may be generated behind a prompt: what is asked for, or what the context has left. */
function room(
  prompt: number,
  asked: number | undefined,
  minTokens: number,
  chat: boolean,
  { maxModelLen }: EngineConfig,
): number {
  if (asked !== undefined && asked > maxModelLen)
    throw refused(
      `max_tokens=${asked} cannot be greater than max_model_len=${maxModelLen}. Please request fewer output tokens.`,
      "max_tokens",
      asked,
    );
  if (prompt > maxModelLen)
    throw refused(
      `This model's maximum context length is ${maxModelLen} tokens. However, your prompt contains at least ${maxModelLen + 1} input tokens, which exceeds this limit even without any output tokens. Please reduce the length of the input prompt.`,
      "input_tokens",
      maxModelLen + 1,
    );
  const left = maxModelLen - prompt;
  const wanted = Math.min(left, asked ?? (chat ? left : 16));
  if (minTokens > wanted)
    throw badRequest(`min_tokens must be less than or equal to max_tokens=${wanted}, got ${minTokens}.`);
  return wanted;
}

function stopOf(stop: unknown): readonly string[] {
  const list = stop === undefined || stop === null ? [] : Array.isArray(stop) ? stop.map(String) : [String(stop)];
  if (list.includes("")) throw badRequest("stop cannot contain an empty string.", "stop");
  return list;
}

function integer(body: JsonObject, name: string): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  const whole = integerOf(value);
  if (whole === undefined) throw misshapen("int_parsing", [name], "Input should be a valid integer");
  return whole;
}

function boolean(body: JsonObject, name: string): boolean {
  const value = body[name];
  if (value === undefined || value === null) return false;
  if (typeof value !== "boolean") throw misshapen("bool_parsing", [name], "Input should be a valid boolean");
  return value;
}
