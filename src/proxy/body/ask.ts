import { isShared } from "../front/routes.ts";
import { firstElements, type JsonObject, rawValue, readObject } from "./json.ts";

/** Why a request goes to decode alone: its legs could not share one KV, or it is too short to be worth two legs. */
export type AloneReason =
  | "n"
  | "best_of"
  | "beam_search"
  | "prompt_list"
  | "prompt_logprobs"
  | "echo_logprobs"
  | "no_output"
  | "short_prompt"
  | "other_api"
  | "forced_tool"
  /** There was no prefill to take the other leg, or it gave nothing, and the config says to do without. */
  | "prefill_down"
  | "prefill_saturated"
  | "missing_kv";

/** What the proxy needs to know of a request in order to route it. */
export interface Ask {
  readonly streams: boolean;
  /** The answer will tell of tokens used: always, but for a stream whose client did not ask for it. */
  readonly carriesUsage: boolean;
  /** Estimate: length of a token list, else bytes of the prompt's text / 4. */
  readonly promptTokens: number;
  /** Estimate of what decode will be busy with; the budget counts up to 1024. */
  readonly decodeTokens: number;
  /** One engine request would not be enough, or decode would lack what only prefill computed. Source: proxy-protocols.md §3.1 R8. */
  readonly singleOnly?: AloneReason;
  /** With one token to spend, some versions of the engine answer 400 to a forced tool call. Source: proxy-protocols.md §G.8. */
  readonly forcesTool: boolean;
}

const BUDGET_COUNTED = 1024;

export function readAsk(body: JsonObject, path: string): Ask {
  const promptTokens = estimatePrompt(body);
  const budget = number(body, "max_completion_tokens") ?? number(body, "max_tokens") ?? BUDGET_COUNTED;
  const reason = isShared(path) ? singleOnly(body) : "other_api";
  const toolChoice = small(body, "tool_choice");
  const streams = small(body, "stream") === true;
  return {
    streams,
    carriesUsage: !streams || asksForUsage(body),
    promptTokens,
    decodeTokens: promptTokens + Math.min(Math.max(budget, 0), BUDGET_COUNTED),
    forcesTool: toolChoice === "required" || rawValue(body, "tool_choice")?.[0] === 0x7b,
    ...(reason !== undefined && { singleOnly: reason }),
  };
}

function singleOnly(body: JsonObject): AloneReason | undefined {
  if ((number(body, "best_of") ?? 1) > 1) return "best_of";
  if (small(body, "use_beam_search") === true) return "beam_search";
  if (isGiven(body, "prompt_logprobs")) return "prompt_logprobs";
  if (small(body, "echo") === true && isGiven(body, "logprobs")) return "echo_logprobs";
  if (number(body, "max_tokens") === 0 || number(body, "max_completion_tokens") === 0) return "no_output";
  if (isPromptList(body)) return "prompt_list";
  return (number(body, "n") ?? 1) > 1 ? "n" : undefined;
}

/** `include_usage`, or the same with every event. */
function asksForUsage(body: JsonObject): boolean {
  const options = rawValue(body, "stream_options");
  if (options?.[0] !== 0x7b) return false;
  const object = readObject(options);
  return isGiven(object, "include_usage") || isGiven(object, "continuous_usage_stats");
}

/** Several prompts in one request become several engine requests, and the answer has the ticket of the first alone. */
function isPromptList(body: JsonObject): boolean {
  const elements = firstElements(rawValue(body, "prompt") ?? NOTHING, 2);
  return elements !== undefined && elements.length > 1 && !isNumber(elements[0]);
}

function estimatePrompt(body: JsonObject): number {
  const prompt = rawValue(body, "prompt");
  if (prompt === undefined)
    return quarter((rawValue(body, "messages")?.length ?? 0) + (rawValue(body, "tools")?.length ?? 0));
  const [first] = firstElements(prompt, 1) ?? [];
  if (first === undefined) return quarter(prompt.length - 2); // without its quotes
  if (isNumber(first)) return countCommas(prompt) + 1;
  return first[0] === 0x5b ? countCommas(first) + 1 : quarter(first.length - 2);
}

const quarter = (bytes: number) => Math.max(1, Math.ceil(bytes / 4));
const isNumber = (raw: Buffer | undefined) => raw !== undefined && /^[-\d]/.test(raw.toString("latin1", 0, 1));

function countCommas(list: Buffer): number {
  let commas = 0;
  for (let at = list.indexOf(0x2c); at !== -1; at = list.indexOf(0x2c, at + 1)) commas++;
  return commas;
}

const NOTHING = Buffer.alloc(0);
const SMALL = 64; // flags and counts; what is longer is none of them

/** The value of a short member; undefined when it is absent or long. */
function small(body: JsonObject, key: string): unknown {
  const raw = rawValue(body, key);
  return raw === undefined || raw.length > SMALL ? undefined : JSON.parse(raw.toString());
}
function number(body: JsonObject, key: string): number | undefined {
  const value = small(body, key);
  return typeof value === "number" ? value : undefined;
}
function isGiven(body: JsonObject, key: string): boolean {
  const raw = rawValue(body, key)?.toString("latin1", 0, 5);
  return raw !== undefined && raw !== "null" && raw !== "false";
}
