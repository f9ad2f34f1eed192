import type { Pair, Section } from "../case.ts";
import { fresh } from "../prompts.ts";
import { completes, completion, request } from "./requests.ts";

const post = (name: string, body: string, headers?: Record<string, string>) =>
  request(name, "POST", "/v1/completions", body, headers === undefined ? {} : { headers });

const TYPES = "the stand-in names the first thing that is wrong, pydantic every form that a value does not have";

export const refusals: Section<Pair> = {
  name: "refusals",
  title: "Completions that are refused",
  cases: [
    completes("another model", { model: "other" }),
    completes("model: 5", { model: 5 }),
    completes("no prompt", { prompt: undefined }),
    completes("prompt: null", { prompt: null }),
    completes("an empty text", { prompt: "" }),
    completes("no prompts", { prompt: [] }),
    completes("a prompt without tokens", { prompt: [[]] }),
    completes("a prompt that is a number", { prompt: 5 }, { differs: [{ at: "body.error.message", why: TYPES }] }),
    completes("a token beyond the vocabulary", { prompt: [11, 9_999_999] }),
    completes("a token below zero", { prompt: [-5, 3] }, { differs: [{ at: "body.error.message", why: TYPES }] }),
    completes(
      "a word among the tokens",
      { prompt: [11, "a"] },
      { differs: [{ at: "body.error.message", why: TYPES }] },
    ),
    completes("a prompt longer than the context", { prompt: fresh(1025) }),
    completes("a prompt as long as the context", { prompt: fresh(1024) }),
    completes(
      "a text that must be longer than the context",
      { prompt: "hello ".repeat(3000) },
      {
        differs: [
          { at: "body.error", why: "the stand-in has no tokenizer that knows its longest token: it counts words" },
        ],
      },
    ),
    completes("max_tokens: 0", { max_tokens: 0 }),
    completes("max_tokens: -1", { max_tokens: -1 }),
    completes("max_tokens beyond the context", { max_tokens: 2000 }),
    completes("max_tokens that is no number", { max_tokens: "many" }),
    completes("max_tokens: 1.5", { max_tokens: 1.5 }),
    completes("min_tokens above max_tokens", { min_tokens: 9 }),
    completes("min_tokens: -1", { min_tokens: -1 }),
    completes("min_tokens that is no number", { min_tokens: "x" }),
    completes("two greedy copies", { n: 2 }),
    completes("n: 0", { n: 0 }),
    completes("n that is no number", { n: "x" }),
    completes("temperature: -1", { temperature: -1 }),
    completes("temperature: 3", { temperature: 3 }),
    completes("temperature that is no number", { temperature: "x" }),
    completes("top_p: 2", { top_p: 2 }),
    completes("top_p: 0", { top_p: 0 }),
    completes("top_k: -5", { top_k: -5 }),
    completes("min_p: 2", { min_p: 2 }),
    completes("presence_penalty: 5", { presence_penalty: 5 }),
    completes("frequency_penalty: -5", { frequency_penalty: -5 }),
    completes("repetition_penalty: 0", { repetition_penalty: 0 }),
    completes("seed that is no number", { seed: "x" }),
    completes("logprobs: 100", { logprobs: 100 }),
    completes("logprobs: -3", { logprobs: -3 }),
    completes("stop: an empty text", { stop: "" }),
    completes("stop: a list with an empty text", { stop: [""] }),
    completes("stop: 5", { stop: 5 }),
    completes("stop_token_ids that are no numbers", { stop_token_ids: ["a"] }),
    completes("stream_options without a stream", { stream_options: { include_usage: true } }),
    completes("stream that is neither true nor false", { stream: "x" }),
    completes("echo: 5", { echo: 5 }),
    completes("suffix", { suffix: "x" }),
    completes("cache_salt: an empty text", { cache_salt: "" }),
    completes("cache_salt: 5", { cache_salt: 5 }),
    completes("kv_transfer_params that are a text", { kv_transfer_params: "x" }),
    completes("X-data-parallel-rank that does not exist", {}, { headers: { "x-data-parallel-rank": "1" } }),
    post("text that is no JSON", "{"),
    post("nothing", ""),
    post("a list", "[]"),
    post("a text", '"x"'),
    request("NaN", "POST", "/v1/completions", '{"prompt":[5,6],"max_tokens":NaN}', {
      differs: [{ at: "body.error", why: "Python's JSON has a NaN, the stand-in's has none" }],
    }),
    post("JSON that does not say so", JSON.stringify(completion({})), { "content-type": "text/plain" }),
  ],
};
