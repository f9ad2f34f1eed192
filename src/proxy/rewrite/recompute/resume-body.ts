import { type JsonObject, rawValue, readObject } from "../../body/json.ts";
import { type Changes, splice } from "../../body/splice.ts";

/** What has come of a request so far. */
export interface SoFar {
  readonly text: string;
  readonly tokens: number;
}

const COMPLETIONS_MOST = 16; // what an engine takes where /v1/completions says nothing. Source: vLLM 0.32 completion/protocol.py

/**
 * The request for what is still missing of an answer: the prompt with what was said, and so many tokens fewer. A chat's last word is the assistant's
 * own, which is continued. Source: proxy-protocols.md §3.13, §2.6 C3.
 * @returns undefined where an engine would not go on from there as if it had never stopped
 */
export function resumeBody(body: JsonObject, { text, tokens }: SoFar): JsonObject | undefined {
  if (!canGoOn(body)) return undefined;
  const prompt = rawValue(body, "prompt");
  const longer = prompt ? longerPrompt(prompt, text) : longerChat(body, text);
  if (!longer) return undefined;
  const left = prompt ? { max_tokens: COMPLETIONS_MOST } : {};
  return readObject(splice(body, { set: { ...longer, ...fewer(body, tokens, left) } }));
}

function longerPrompt(prompt: Buffer, text: string): Changes["set"] | undefined {
  if (prompt[0] !== QUOTE) return undefined; // of tokens only a tokenizer could make more
  return { prompt: Buffer.concat([prompt.subarray(0, -1), Buffer.from(JSON.stringify(text).slice(1))]) };
}

function longerChat(body: JsonObject, text: string): Changes["set"] | undefined {
  const messages = rawValue(body, "messages");
  if (messages?.[0] !== OPEN_ARRAY || messages.subarray(1, -1).toString().trim() === "") return undefined;
  const said = Buffer.from(`,{"role":"assistant","content":${JSON.stringify(text)}}]`);
  return {
    messages: Buffer.concat([messages.subarray(0, -1), said]),
    continue_final_message: "true",
    add_generation_prompt: "false",
  };
}

/** @param usual what holds for a key that the client does not set */
function fewer(body: JsonObject, tokens: number, usual: Readonly<Record<string, number>>): Record<string, string> {
  const set: Record<string, string> = {};
  for (const key of ["max_tokens", "max_completion_tokens"]) {
    const most = numberOf(body, key) ?? usual[key];
    if (most !== undefined) set[key] = String(Math.max(1, most - tokens));
  }
  const least = numberOf(body, "min_tokens");
  if (least !== undefined) set.min_tokens = String(Math.max(0, least - tokens));
  return set;
}

/** What is counted from the beginning of an answer, or has a grammar of its own, cannot begin in its middle. */
function canGoOn(body: JsonObject): boolean {
  const isChat = rawValue(body, "messages") !== undefined;
  const streams = isTrue(body, "stream");
  return (
    !NEVER.some((key) => isGiven(body, key)) &&
    !isTrue(body, "echo") &&
    !isTrue(body, "continue_final_message") &&
    !(isGiven(body, "logprobs") && !isFalse(body, "logprobs") && !(isChat && streams)) &&
    (!isGiven(body, "response_format") || /"type"\s*:\s*"text"/.test(textOf(body, "response_format"))) &&
    (numberOf(body, "n") ?? 1) === 1 &&
    (numberOf(body, "best_of") ?? 1) === 1
  );
}

const NEVER = [
  ...["tools", "functions", "structured_outputs", "guided_json", "guided_regex", "guided_choice", "guided_grammar"],
  ...["prompt_embeds", "prompt_logprobs", "truncate_prompt_tokens", "suffix", "use_beam_search"],
];

const [QUOTE, OPEN_ARRAY] = [0x22, 0x5b];
const textOf = (body: JsonObject, key: string) => rawValue(body, key)?.toString() ?? "null";
const isGiven = (body: JsonObject, key: string) => !["null", "[]", "false"].includes(textOf(body, key));
const isTrue = (body: JsonObject, key: string) => textOf(body, key) === "true";
const isFalse = (body: JsonObject, key: string) => textOf(body, key) === "false";
function numberOf(body: JsonObject, key: string): number | undefined {
  const text = textOf(body, key);
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The request, asking for what its stream has used: how many tokens are left is not known else. */
export const askingForUsage = (body: JsonObject): JsonObject =>
  readObject(splice(body, { set: { stream_options: '{"include_usage":true}' } }));
