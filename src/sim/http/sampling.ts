import type { JsonObject } from "../json.ts";
import { asInteger, boolean, fraction, integer } from "./fields.ts";
import { badRequest, HttpError, refused, shownInput } from "./reply.ts";

/** How an answer is to be made, as far as it can be seen in the answer of a stand-in. */
export interface Sampling {
  readonly copies: number;
  readonly minTokens: number;
  readonly ignoreEos: boolean;
  readonly stop: readonly string[];
  readonly keepStop: boolean;
  readonly stopTokens: readonly number[];
}

const GREEDY = 1e-5; // temperatures below are none
const MOST_LOGPROBS = 20;

/** The sampling parameters, in the order in which vLLM checks them; one that is wrong is named with what it may be. */
export function samplingOf(body: JsonObject): Sampling {
  const copies = integer(body, "n") ?? 1;
  const minTokens = integer(body, "min_tokens") ?? 0;
  const temperature = fraction(body, "temperature") ?? 1;
  const stop = stopOf(body.stop);
  const stopTokens = tokensOf(body.stop_token_ids);
  integer(body, "seed");
  if (copies < 1) throw badRequest(`n must be at least 1, got ${copies}.`);
  within(body, "presence_penalty", -2, 2);
  within(body, "frequency_penalty", -2, 2);
  const repetition = fraction(body, "repetition_penalty");
  if (repetition !== undefined && repetition <= 0)
    throw badRequest(`repetition_penalty must be greater than zero, got ${float(repetition)}.`);
  if (temperature < 0) throw wrong("temperature", "non-negative", temperature);
  if (temperature > 2) throw wrong("temperature", "in [0, 2]", temperature);
  const topP = fraction(body, "top_p");
  if (topP !== undefined && !(topP > 0 && topP <= 1)) throw wrong("top_p", "in (0, 1]", topP);
  const topK = integer(body, "top_k");
  if (topK !== undefined && topK < -1) throw badRequest(`top_k must be 0 (disable), or at least 1, got ${topK}.`);
  within(body, "min_p", 0, 1);
  if (minTokens < 0) throw badRequest(`min_tokens must be greater than or equal to 0, got ${minTokens}.`);
  if (stop.includes("")) throw badRequest("stop cannot contain an empty string.");
  if (temperature < GREEDY && copies > 1 && body.use_beam_search !== true)
    throw badRequest(`n must be 1 when using greedy sampling, got ${copies}.`);
  return {
    copies,
    minTokens,
    ignoreEos: boolean(body, "ignore_eos"),
    stop,
    keepStop: boolean(body, "include_stop_str_in_output"),
    stopTokens,
  };
}

/** How many alternatives a token's logprobs have. */
export function logprobsOf(body: JsonObject, name: string): number | undefined {
  const wanted = integer(body, name);
  if (wanted === undefined) return undefined;
  if (wanted < -1) throw refused(`\`${name}\` must be a positive value or -1.`, name, wanted);
  if (wanted > MOST_LOGPROBS) {
    const kind = name === "prompt_logprobs" ? "prompt" : "sample";
    throw refused(
      `Requested ${kind} logprobs of ${wanted}, which is greater than max allowed: ${MOST_LOGPROBS}`,
      name,
      wanted,
    );
  }
  return wanted;
}

function within(body: JsonObject, name: string, least: number, most: number): void {
  const value = fraction(body, name);
  if (value !== undefined && (value < least || value > most))
    throw badRequest(`${name} must be in [${least}, ${most}], got ${float(value)}.`);
}

const wrong = (name: string, may: string, value: number) =>
  refused(`${name} must be ${may}, got ${float(value)}.`, name, float(value));

/** As Python writes a float. */
const float = (value: number) => (Number.isInteger(value) ? value.toFixed(1) : String(value));

function stopOf(stop: unknown): readonly string[] {
  if (stop === undefined || stop === null) return [];
  if (typeof stop === "string") return [stop];
  if (Array.isArray(stop) && stop.every((one) => typeof one === "string")) return stop;
  const row = (type: string, msg: string) =>
    `{'type': '${type}', 'loc': 'body.stop', 'msg': '${msg}', 'input': '${shownInput(stop)}'}`;
  const rows = [row("string_type", "Input should be a valid string"), row("list_type", "Input should be a valid list")];
  throw new HttpError(400, `2 validation errors:\n  ${rows.join("\n  ")}`, "Bad Request", "body.stop");
}

const tokensOf = (given: unknown): readonly number[] =>
  Array.isArray(given) ? given.map((one, at) => asInteger(one, ["stop_token_ids", String(at)])) : [];
