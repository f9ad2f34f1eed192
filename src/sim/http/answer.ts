import { idOf } from "../engine/vocabulary.ts";
import type { JsonObject } from "../json.ts";
import type { EngineConfig } from "../start/config.ts";
import { chatLogprobs, listedLogprobs, promptLogprobs, type Spoken } from "./logprobs.ts";
import type { Completion } from "./request.ts";

/** What one prompt (or one copy of it) has brought so far. */
export interface Choice {
  readonly index: number;
  readonly prompt: readonly string[];
  text: string;
  readonly words: Spoken[];
  reason: string | null;
  stopReason: string | number | null;
  cachedTokens: number;
  kvParams: JsonObject | null | undefined;
}

export interface Head {
  readonly id: string;
  readonly created: number;
  readonly model: string;
}

/** Prompts count once, however many copies were asked for. */
export function tokensOf(choices: readonly Choice[]) {
  const prompt = choices
    .filter((choice, at) => choices.findIndex((one) => one.prompt === choice.prompt) === at)
    .reduce((sum, one) => sum + one.prompt.length, 0);
  const generated = choices.reduce((sum, one) => sum + one.words.length, 0);
  return { prompt_tokens: prompt, total_tokens: prompt + generated, completion_tokens: generated };
}

export const promptDetails = (choices: readonly Choice[], config: EngineConfig) => {
  const cached = choices[0]?.cachedTokens ?? 0;
  return config.promptTokensDetails && cached > 0 ? { cached_tokens: cached } : null;
};

export const fingerprint = ({ version }: EngineConfig) => `vllm-${version}-standin`;

export function wholeAnswer(
  head: Head,
  request: Completion,
  choices: readonly Choice[],
  config: EngineConfig,
): JsonObject {
  const [first] = choices;
  const ids = (words: readonly string[]) =>
    request.tokenIds ? words.map((word) => idOf(word, config.vocabulary)) : null;
  const shared = (choice: Choice) => ({
    finish_reason: choice.reason,
    stop_reason: choice.stopReason,
    token_ids: ids(choice.words.map(({ word }) => word)),
    routed_experts: null,
  });
  const ofPrompt = ({ prompt }: Choice) =>
    request.promptLogprobs === undefined ? null : promptLogprobs(prompt, config.vocabulary);
  return {
    id: head.id,
    object: request.chat ? "chat.completion" : "text_completion",
    created: head.created,
    model: head.model,
    choices: choices.map((choice) =>
      request.chat
        ? { index: choice.index, ...chatMessage(choice), logprobs: logprobs(choice, request), ...shared(choice) }
        : {
            index: choice.index,
            text: textOf(choice, request),
            logprobs: logprobs(choice, request),
            ...shared(choice),
            prompt_logprobs: ofPrompt(choice),
            prompt_token_ids: ids(choice.prompt),
          },
    ),
    service_tier: null,
    system_fingerprint: fingerprint(config),
    usage: {
      ...tokensOf(choices),
      prompt_tokens_details: promptDetails(choices, config),
      completion_tokens_details: null,
    },
    ...(request.chat && { prompt_logprobs: null, prompt_token_ids: first && ids(first.prompt), prompt_text: null }),
    ...(first?.kvParams === undefined ? {} : { kv_transfer_params: first.kvParams }),
    ec_transfer_params: null,
    metrics: null,
  };
}

const chatMessage = ({ text }: Choice) => ({
  message: {
    role: "assistant",
    content: text.trimStart(),
    refusal: null,
    annotations: null,
    audio: null,
    function_call: null,
    reasoning: null,
  },
});

export const echoed = ({ prompt }: Choice): string => prompt.join(" ");

function textOf(choice: Choice, { echo, promptOnly }: Completion): string {
  return (echo ? echoed(choice) : "") + (promptOnly ? "" : choice.text);
}

function logprobs(choice: Choice, request: Completion) {
  if (request.logprobs === undefined) return null;
  if (request.chat) return chatLogprobs(choice.words, request.logprobs);
  const shift = request.echo ? echoed(choice).length : 0;
  const answer = choice.words.map(({ word, offset }) => ({ word, offset: offset + shift }));
  return request.echo
    ? listedLogprobs([...spokenPrompt(choice), ...answer], request.logprobs, "unknown")
    : listedLogprobs(answer, request.logprobs, "known");
}

function spokenPrompt({ prompt }: Choice): readonly Spoken[] {
  let offset = 0;
  return prompt.map((word) => {
    const spoken = { word, offset };
    offset += word.length + 1;
    return spoken;
  });
}
