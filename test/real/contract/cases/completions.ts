import type { Pair, Section } from "../case.ts";
import { fresh } from "../prompts.ts";
import { completes, completion, request } from "./requests.ts";

const ALL_TOKENS = Array.from({ length: 512 }, (_, id) => id);

export const completions: Section<Pair> = {
  name: "completions",
  title: "Completions that are answered",
  cases: [
    completes("token ids", {}),
    completes("a text", { prompt: "hello" }),
    completes("several prompts of token ids", { prompt: [fresh(5), fresh(6)] }),
    completes("several texts", { prompt: ["hello", "hello"] }),
    completes("two copies", { n: 2, temperature: 1 }),
    completes("two copies of two prompts", { n: 2, temperature: 1, prompt: [fresh(5), fresh(6)] }),
    completes("beams", { use_beam_search: true, n: 2 }),
    completes("echo", { echo: true }),
    completes("echo of a text", { echo: true, prompt: "hello" }),
    completes("echo and no token", { echo: true, max_tokens: 0 }),
    completes("logprobs", { logprobs: 1 }),
    completes("logprobs: 0", { logprobs: 0 }),
    completes("logprobs with echo", { logprobs: 1, echo: true, prompt: fresh(4) }),
    completes("prompt_logprobs", { prompt_logprobs: 1, prompt: fresh(4) }),
    completes("return_token_ids", { return_token_ids: true, prompt: fresh(4) }),
    completes("no max_tokens", { max_tokens: undefined }),
    completes("max_tokens: null", { max_tokens: null }),
    completes("max_tokens as text", { max_tokens: "3" }),
    completes("max_tokens: true", { max_tokens: true }),
    completes("max_completion_tokens means nothing here", { max_completion_tokens: 2 }),
    completes("as much as the context has left", { prompt: fresh(1000), max_tokens: 100 }),
    completes("one token of room", { prompt: fresh(1023) }),
    completes("a token that ends it", { stop_token_ids: ALL_TOKENS }),
    {
      name: "the second token ends it, not before min_tokens",
      act: async ({ d }) => {
        const body = completion({ max_tokens: 6, return_token_ids: true });
        const answer = async (more: object) =>
          JSON.parse((await d.ask("POST", "/v1/completions", { ...body, ...more })).text);
        const [, second] = (await answer({})).choices[0].token_ids;
        const stopped = await answer({ stop_token_ids: [second] });
        const late = await answer({ stop_token_ids: [second], min_tokens: 6 });
        return {
          reason: stopped.choices[0].finish_reason,
          named: stopped.choices[0].stop_reason === second,
          early: stopped.usage.completion_tokens <= 2,
          notBefore: late.usage.completion_tokens,
        };
      },
    },
    completes("no model", { model: undefined }),
    completes("model: null", { model: null }),
    completes("model: an empty text", { model: "" }),
    completes("a field that nobody knows", { warp: 1 }),
    completes("seed and temperature", { seed: 7, temperature: 1 }),
    completes("truncate_prompt_tokens", { truncate_prompt_tokens: 5 }),
    completes("cache_salt", { cache_salt: "a" }),
    completes("response_format", { response_format: { type: "json_object" } }),
    completes("X-Request-Id", {}, { headers: { "x-request-id": "mine" } }),
    completes("X-data-parallel-rank: 0", {}, { headers: { "x-data-parallel-rank": "0" } }),
    completes("X-data-parallel-rank that is no number", {}, { headers: { "x-data-parallel-rank": "x" } }),
    request(
      "a key given twice",
      "POST",
      "/v1/completions",
      '{"prompt":[5,6],"max_tokens":3,"max_tokens":2,"ignore_eos":true}',
    ),
    request(
      "a whole number written 3.0",
      "POST",
      "/v1/completions",
      '{"prompt":[5,7],"max_tokens":3.0,"ignore_eos":true}',
    ),
    {
      name: "a word that ends it",
      act: async ({ d }) => {
        const body = { model: "tiny", prompt: fresh(40), max_tokens: 12, temperature: 0, ignore_eos: true };
        const whole = JSON.parse((await d.ask("POST", "/v1/completions", body)).text);
        const text: string = whole.choices[0].text;
        const stop = letterIn(text);
        const stopped = JSON.parse((await d.ask("POST", "/v1/completions", { ...body, stop: [stop] })).text);
        const kept = JSON.parse(
          (await d.ask("POST", "/v1/completions", { ...body, stop: [stop], include_stop_str_in_output: true })).text,
        );
        const late = JSON.parse(
          (await d.ask("POST", "/v1/completions", { ...body, stop: [stop], min_tokens: 12 })).text,
        );
        const [choice] = stopped.choices;
        return {
          endsBefore: choice.text === text.slice(0, text.indexOf(stop)),
          reason: choice.finish_reason,
          named: choice.stop_reason === stop,
          fewer: stopped.usage.completion_tokens < 12,
          includedWhenAsked: kept.choices[0].text === text.slice(0, text.indexOf(stop) + stop.length),
          notBeforeMinTokens: late.choices[0].finish_reason,
        };
      },
    },
    {
      name: "the same prompt gets the same text, another prompt another one",
      act: async ({ d }) => {
        const text = async (prompt: readonly number[]) => {
          const body = { model: "tiny", prompt, max_tokens: 12, temperature: 0, ignore_eos: true };
          return JSON.parse((await d.ask("POST", "/v1/completions", body)).text).choices[0].text as string;
        };
        const [one, other] = [fresh(40), fresh(40)];
        const first = await text(one);
        return { same: (await text(one)) === first, other: (await text(other)) === first };
      },
    },
  ],
};

/** An ordinary letter that is in the text, and not at its beginning. */
function letterIn(text: string): string {
  const found = /[a-z]/.exec(text.slice(3))?.[0];
  if (found === undefined) throw new Error(`no letter in ${JSON.stringify(text)}`);
  return found;
}
