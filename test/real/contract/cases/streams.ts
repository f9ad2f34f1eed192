import type { Pair, Section } from "../case.ts";
import { fresh } from "../prompts.ts";
import { chats, completes } from "./requests.ts";

const LONG = 24; // tokens: enough for more than one event however many an event takes
const ALL_TOKENS = Array.from({ length: 512 }, (_, id) => id);
const stream = { stream: true, max_tokens: LONG };
const usage = { include_usage: true };
const continuous = { include_usage: true, continuous_usage_stats: true };

export const streams: Section<Pair> = {
  name: "streams",
  title: "Streams",
  cases: [
    completes("completions", stream),
    completes("completions, usage at the end", { ...stream, stream_options: usage }),
    completes("completions, usage all along", { ...stream, stream_options: continuous }),
    completes("completions, several prompts", { ...stream, prompt: [fresh(5)] }),
    completes("completions, echo", { ...stream, prompt: fresh(4), echo: true }),
    completes("completions, logprobs", { ...stream, max_tokens: 1, logprobs: 1 }),
    completes("completions, return_token_ids", { ...stream, max_tokens: 1, prompt: fresh(4), return_token_ids: true }),
    completes("completions, ended by a token", { ...stream, stop_token_ids: ALL_TOKENS }),
    completes("completions, stream: 1", { ...stream, stream: 1 }),
    completes("completions, stream_options: null", { ...stream, stream_options: null }),
    completes("completions, X-Request-Id", stream, { headers: { "x-request-id": "mine" } }),
    completes("completions, refused", { ...stream, max_tokens: 0 }),
    chats("chat", stream),
    chats("chat, usage at the end", { ...stream, stream_options: usage }),
    chats("chat, usage all along", { ...stream, stream_options: continuous }),
    chats("chat, logprobs", { ...stream, max_tokens: 1, logprobs: true, top_logprobs: 1 }),
    chats("chat, refused", { ...stream, max_tokens: 0 }),
  ],
};
