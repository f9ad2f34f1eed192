import { JsonError, rawValue, readObject } from "../body/json.ts";
import { splice } from "../body/splice.ts";
import type { Answer } from "../families/family.ts";
import { isEventStream } from "../front/reply.ts";
import { filtered, frameFilter, wholeFilter } from "./filter.ts";
import { dataIn } from "./frames.ts";
import { edited, nested, spanOf } from "./spans.ts";

const WORD = "cached_tokens";
const NEEDLE = Buffer.from(`"${WORD}"`);
const DETAILS = ["usage", "prompt_tokens_details"] as const;

/** How much of the prompt prefill had in its cache, as it wrote it; undefined when it does not say. */
export function cachedTokensIn(answer: Buffer): string | undefined {
  if (!answer.includes(NEEDLE)) return undefined;
  try {
    const details = nested(readObject(answer), ...DETAILS);
    const text = details && rawValue(details.object, WORD)?.toString("latin1");
    return text !== undefined && /^\d+$/.test(text) ? text : undefined;
  } catch (error) {
    if (error instanceof JsonError) return undefined; // the ticket is looked for with its own error
    throw error;
  }
}

/**
 * Decode counts the KV that came from prefill as cached, nearly the whole prompt. The client gets prefill's number in its place, and none where
 * prefill gave none. Everything else stays byte for byte as decode wrote it. Source: proxy-protocols.md §3.3 R14, §2.5 S4, S7, S8.
 * @param cached asked when the number is needed
 */
export function withCachedTokens(answer: Answer, cached: () => string | undefined): Answer {
  if (answer.status !== 200 || answer.headers["content-encoding"] !== undefined) return answer;
  const edit = (bytes: Buffer) => tolerant(bytes, (body) => correct(body, cached()));
  if (!isEventStream(answer.headers["content-type"])) return filtered(answer, wholeFilter(NEEDLE, edit));
  const editFrame = (frame: Buffer) => {
    const data = dataIn(frame);
    return data ? edited(frame, [{ ...data, text: edit(frame.subarray(data.start, data.end)) }]) : frame;
  };
  return filtered(answer, frameFilter(NEEDLE, editFrame));
}

function correct(body: Buffer, cached: string | undefined): Buffer {
  const details = nested(readObject(body), ...DETAILS);
  const number = details && spanOf(details.object, WORD);
  if (!number) return body; // the word is in the text of a choice
  const { bytes } = details.object;
  const text =
    cached === undefined
      ? splice(details.object, { drop: new Set([WORD]) })
      : edited(bytes, [{ ...number, text: cached }]);
  return edited(body, [{ ...details.at, text }]);
}

/** What is no JSON is handed on as it is. */
function tolerant(bytes: Buffer, edit: (body: Buffer) => Buffer): Buffer {
  try {
    return edit(bytes);
  } catch (error) {
    if (error instanceof JsonError) return bytes;
    throw error;
  }
}
