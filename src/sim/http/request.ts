import { isObject, type JsonObject } from "../json.ts";
import type { EngineConfig } from "../start/config.ts";
import { boolean, dictionary, integer } from "./fields.ts";
import { chatWords, type Prompt, promptsOf } from "./prompts.ts";
import { badRequest, HttpError, jsonOf, misshapen, refused } from "./reply.ts";
import { logprobsOf, type Sampling, samplingOf } from "./sampling.ts";
import { checkTools } from "./tools.ts";

/** A completion request after vLLM's validation; prompts are lists of words, a word is a token. */
export interface Completion extends Sampling {
  readonly chat: boolean;
  readonly model: string;
  readonly prompts: readonly Prompt[];
  readonly maxTokens: readonly number[];
  readonly salt: string;
  readonly echo: boolean;
  /** Only the prompt is shown: one token is made all the same. */
  readonly promptOnly: boolean;
  /** Alternatives per token of the answer, and of the prompt. */
  readonly logprobs: number | undefined;
  readonly promptLogprobs: number | undefined;
  readonly tokenIds: boolean;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly continuousUsage: boolean;
  readonly kvParams: JsonObject | undefined;
}

export function readCompletion(text: string, chat: boolean, config: EngineConfig): Completion {
  const body = jsonOf(text);
  const model = modelOf(body, config);
  const stream = boolean(body, "stream");
  const options = body.stream_options ?? undefined;
  if (options !== undefined && !stream)
    throw refused("Stream options can only be defined when `stream=True`.", "stream_options");
  const kvParams = dictionary(body, "kv_transfer_params");
  const echo = !chat && boolean(body, "echo");
  const salt = saltOf(body.cache_salt);
  const logprobs = answerLogprobs(body, chat);
  const promptLogprobs = logprobsOf(body, "prompt_logprobs");
  const sampling = samplingOf(body);
  const asked = maxTokensOf(body, chat);
  if (chat) checkTools(body, config);
  const prompts = chat ? [chatWords(body)] : promptsOf(body, config);
  const promptOnly = echo && asked === 0;
  return {
    ...sampling,
    chat,
    model,
    prompts,
    maxTokens: prompts.map((prompt) => room(prompt.length, promptOnly ? 1 : asked, sampling.minTokens, chat, config)),
    salt,
    echo,
    promptOnly,
    logprobs,
    promptLogprobs: promptLogprobs ?? (echo && logprobs !== undefined ? logprobs : undefined),
    tokenIds: boolean(body, "return_token_ids"),
    stream,
    includeUsage: isObject(options) && options.include_usage === true,
    continuousUsage: isObject(options) && options.continuous_usage_stats === true,
    kvParams,
  };
}

/** What is not said, and an empty text, mean the first name. */
export function modelOf(body: JsonObject, { servedNames }: EngineConfig): string {
  const { model } = body;
  if (model === undefined || model === null || model === "") return servedNames[0] ?? "";
  if (typeof model !== "string") throw misshapen("string_type", ["model"], "Input should be a valid string", model);
  if (servedNames.includes(model)) return model;
  throw new HttpError(
    404,
    `The model \`${model}\` does not exist. Valid aliases: ${servedNames.join(", ")}.`,
    "NotFoundError",
    "model",
  );
}

/** Chat switches logprobs on and numbers them apart. */
function answerLogprobs(body: JsonObject, chat: boolean): number | undefined {
  if (!chat) return logprobsOf(body, "logprobs");
  const top = logprobsOf(body, "top_logprobs");
  const wanted = boolean(body, "logprobs");
  if (top !== undefined && top > 0 && !wanted)
    throw refused("when using `top_logprobs`, `logprobs` must be set to true.", "top_logprobs");
  return wanted ? (top ?? 0) : undefined;
}

function maxTokensOf(body: JsonObject, chat: boolean): number | undefined {
  const given =
    (chat ? integer(body, "max_completion_tokens") : undefined) ??
    integer(body, "max_tokens") ??
    (chat ? undefined : 16);
  const least = !chat && body.echo === true ? 0 : 1;
  if (given !== undefined && given < least) throw noTokens(given);
  return given;
}

const noTokens = (given: number) => refused(`max_tokens must be at least 1, got ${given}.`, "max_tokens", given);

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
  if (left < 1) throw noTokens(left);
  const wanted = Math.min(left, asked ?? (chat ? left : 16));
  if (minTokens > wanted)
    throw badRequest(`min_tokens must be less than or equal to max_tokens=${wanted}, got ${minTokens}.`);
  return wanted;
}
