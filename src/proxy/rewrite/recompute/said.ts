import { type JsonObject, rawValue, readObject } from "../../body/json.ts";
import { type Edit, elementsOf, nested, valueEdit } from "../spans.ts";

/** What one choice of an event, or of a whole answer, says. */
export interface Said {
  /** JSON text without its quotes. */
  readonly text: Buffer;
  /** It says something that no prompt can be continued from: calls of tools, thoughts. */
  readonly isMore: boolean;
  /** Decode has given the request back: preempted, and not to be computed again there. Source: proxy-protocols.md §C.1 */
  readonly isGivenBack: boolean;
  /** The event that opens a chat: a role, and not a word. */
  readonly isOpening: boolean;
}

const NOTHING = Buffer.alloc(0);
const SILENT: Said = { text: NOTHING, isMore: false, isGivenBack: false, isOpening: false };
const MORE = ["tool_calls", "function_call", "reasoning", "reasoning_content"];
const EMPTY = new Set(["null", '""', "[]"]);

export function saidIn(event: JsonObject): Said {
  const [first] = elementsOf(event, "choices");
  if (!first) return SILENT;
  const choice = readObject(event.bytes.subarray(first.start, first.end));
  const message = (nested(choice, "delta") ?? nested(choice, "message"))?.object;
  const text = inner(rawValue(choice, "text") ?? (message && rawValue(message, "content")));
  const isMore = MORE.some((key) => message !== undefined && !EMPTY.has(rawValue(message, key)?.toString() ?? "null"));
  return {
    text,
    isMore,
    isGivenBack: rawValue(choice, "stop_reason")?.equals(GIVEN_BACK) === true,
    isOpening: message !== undefined && rawValue(message, "role") !== undefined && text.length === 0 && !isMore,
  };
}

const GIVEN_BACK = Buffer.from('"recomputed"');
const inner = (raw: Buffer | undefined) => (raw?.[0] === 0x22 ? raw.subarray(1, -1) : NOTHING);

/** What makes of an event that gives the request back one that only says its words. */
export function goesOn(event: JsonObject): readonly Edit[] {
  return inChoice(event, (choice, at) => [
    ...valueEdit(choice, at, "finish_reason", "null"),
    ...valueEdit(choice, at, "stop_reason", "null"),
  ]);
}

/** Another text as the only choice of a whole answer. */
export function says(answer: JsonObject, text: Buffer): readonly Edit[] {
  const quoted = Buffer.concat([QUOTE, text, QUOTE]);
  return inChoice(answer, (choice, at) => {
    const message = nested(choice, "message");
    return message
      ? valueEdit(message.object, at + message.at.start, "content", quoted)
      : valueEdit(choice, at, "text", quoted);
  });
}

const QUOTE = Buffer.from('"');

function inChoice(event: JsonObject, edits: (choice: JsonObject, at: number) => readonly Edit[]): readonly Edit[] {
  const [first] = elementsOf(event, "choices");
  return first ? edits(readObject(event.bytes.subarray(first.start, first.end)), first.start) : [];
}
