import { isShared } from "../front/routes.ts";
import { firstElements, type JsonObject, memberOf, objectAt } from "./json.ts";

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
  const limits = [number(body, "max_completion_tokens"), number(body, "max_tokens")] as const;
  const budget = limits[0] ?? limits[1] ?? BUDGET_COUNTED;
  const reason = isShared(path) ? singleOnly(body, limits) : "other_api";
  const streams = small(body, "stream") === true;
  return {
    streams,
    carriesUsage: !streams || asksForUsage(body),
    promptTokens,
    decodeTokens: promptTokens + Math.min(Math.max(budget, 0), BUDGET_COUNTED),
    forcesTool: forcesTool(body),
    ...(reason !== undefined && { singleOnly: reason }),
  };
}

/** A tool by its name, or any of them. */
function forcesTool(body: JsonObject): boolean {
  const choice = memberOf(body, "tool_choice");
  return (
    choice !== undefined && (body.bytes[choice.value] === OPEN_OBJECT || small(body, "tool_choice") === "required")
  );
}

function singleOnly(body: JsonObject, limits: readonly (number | undefined)[]): AloneReason | undefined {
  if ((number(body, "best_of") ?? 1) > 1) return "best_of";
  if (small(body, "use_beam_search") === true) return "beam_search";
  if (isGiven(body, "prompt_logprobs")) return "prompt_logprobs";
  if (small(body, "echo") === true && isGiven(body, "logprobs")) return "echo_logprobs";
  if (limits.includes(0)) return "no_output";
  if (isPromptList(body)) return "prompt_list";
  return (number(body, "n") ?? 1) > 1 ? "n" : undefined;
}

/** `include_usage`, or the same with every event. */
function asksForUsage(body: JsonObject): boolean {
  const options = memberOf(body, "stream_options");
  if (options === undefined || body.bytes[options.value] !== OPEN_OBJECT) return false;
  const object = objectAt(body.bytes, options.value);
  return isGiven(object, "include_usage") || isGiven(object, "continuous_usage_stats");
}

/** Several prompts in one request become several engine requests, and the answer has the ticket of the first alone. */
function isPromptList(body: JsonObject): boolean {
  const prompt = memberOf(body, "prompt");
  if (prompt === undefined || body.bytes[prompt.value] !== OPEN_ARRAY) return false;
  const elements = firstElements(body.bytes.subarray(prompt.value, prompt.end), 2);
  return elements !== undefined && elements.length > 1 && !isNumber(elements[0]);
}

function estimatePrompt(body: JsonObject): number {
  const prompt = memberOf(body, "prompt");
  if (prompt === undefined) return quarter(lengthOf(body, "messages") + lengthOf(body, "tools"));
  if (body.bytes[prompt.value] !== OPEN_ARRAY) return quarter(prompt.end - prompt.value - 2); // without its quotes
  const list = body.bytes.subarray(prompt.value, prompt.end);
  const [first] = firstElements(list, 1) ?? [];
  if (first === undefined) return 1;
  if (isNumber(first)) return countCommas(list) + 1;
  return first[0] === 0x5b ? countCommas(first) + 1 : quarter(first.length - 2);
}

function lengthOf(body: JsonObject, key: string): number {
  const member = memberOf(body, key);
  return member ? member.end - member.value : 0;
}

const quarter = (bytes: number) => Math.max(1, Math.ceil(bytes / 4));
const isNumber = (raw: Buffer | undefined) => raw !== undefined && /^[-\d]/.test(raw.toString("latin1", 0, 1));

function countCommas(list: Buffer): number {
  let commas = 0;
  for (let at = list.indexOf(0x2c); at !== -1; at = list.indexOf(0x2c, at + 1)) commas++;
  return commas;
}

const SMALL = 64; // flags and counts; what is longer is none of them

const [OPEN_OBJECT, OPEN_ARRAY] = [0x7b, 0x5b];
const NOT_GIVEN = new Set(Buffer.from("nf")); // null and false: no other value begins so

/** The value of a short member; undefined when it is absent or long. */
function small(body: JsonObject, key: string): unknown {
  const member = memberOf(body, key);
  if (member === undefined || member.end - member.value > SMALL) return undefined;
  return JSON.parse(body.bytes.toString("utf8", member.value, member.end));
}
function number(body: JsonObject, key: string): number | undefined {
  const value = small(body, key);
  return typeof value === "number" ? value : undefined;
}
function isGiven(body: JsonObject, key: string): boolean {
  const member = memberOf(body, key);
  return member !== undefined && !NOT_GIVEN.has(body.bytes[member.value] ?? 0);
}
