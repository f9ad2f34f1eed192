import type { Pair, Section } from "../case.ts";
import { chats, HELLO } from "./requests.ts";

const tools = [
  {
    type: "function",
    function: { name: "f", description: "d", parameters: { type: "object", properties: { a: { type: "string" } } } },
  },
];

export const chat: Section<Pair> = {
  name: "chat",
  title: "Chat",
  cases: [
    chats("a message", {}),
    chats("a message in parts", { messages: [{ role: "user", content: [{ type: "text", text: "hello" }] }] }),
    chats("a system message before it", { messages: [{ role: "system", content: "be kind" }, ...HELLO] }),
    chats("max_completion_tokens wins", { max_completion_tokens: 2 }),
    chats("logprobs", { logprobs: true, top_logprobs: 1 }),
    chats("the last message goes on", {
      messages: [...HELLO, { role: "assistant", content: "well" }],
      continue_final_message: true,
      add_generation_prompt: false,
    }),
    chats("tools that are not to be used", { tools, tool_choice: "none" }),
    chats("X-Request-Id", {}, { headers: { "x-request-id": "mine" } }),
    chats("tools", { tools }),
    chats("tool_choice: required", { tools, tool_choice: "required" }),
    chats("a tool by name", { tools, tool_choice: { type: "function", function: { name: "f" } } }),
    chats("a tool that is not there", { tools, tool_choice: { type: "function", function: { name: "g" } } }),
    chats("tool_choice without tools", { tool_choice: "auto" }),
    chats("no messages", { messages: [] }),
    chats("messages missing", { messages: undefined }),
    chats("top_logprobs without logprobs", { top_logprobs: 1 }),
    chats("going on and beginning", { continue_final_message: true, add_generation_prompt: true }),
    chats("max_tokens: 0", { max_tokens: 0 }),
    chats("max_tokens beyond the context", { max_tokens: 2000 }),
    chats("min_tokens above max_tokens", { min_tokens: 9 }),
    chats("temperature: -1", { temperature: -1 }),
    chats("n: 0", { n: 0 }),
    chats("two greedy copies", { n: 2 }),
    chats("stream_options without a stream", { stream_options: { include_usage: true } }),
    chats("another model", { model: "other" }),
  ],
};
