import { type JsonObject, rawValue, readObject } from "../body/json.ts";
import { type Edit, edited, nested, valueEdit } from "./spans.ts";

/** The usage of one of several answers that become one. */
export interface Used {
  /** The text of its `usage`. */
  readonly usage: Buffer;
  /** Its prompt is counted: it is not that of another answer once more. */
  readonly countsPrompt: boolean;
}

/** What one of them says that it has made. */
export function completionTokens(usage: Buffer): number {
  return usage[0] === 0x7b ? numberAt(readObject(usage), ["completion_tokens"]) : 0;
}

/** The first one's text with the sums of all as its numbers. What is null stays null. @returns null's text when there is none */
export function summedUsage(all: readonly Used[]): Buffer {
  const objects = all.flatMap(({ usage, countsPrompt }) =>
    usage[0] === 0x7b ? [{ object: readObject(usage), countsPrompt }] : [],
  );
  const [first] = objects;
  if (!first) return Buffer.from("null");
  const sum = (countsAll: boolean, ...path: readonly string[]) =>
    objects
      .filter(({ countsPrompt }) => countsAll || countsPrompt)
      .reduce((total, { object }) => total + numberAt(object, path), 0);
  const prompt = sum(false, "prompt_tokens");
  const completion = sum(true, "completion_tokens");
  const { object } = first;
  return edited(object.bytes, [
    ...valueEdit(object, 0, "prompt_tokens", String(prompt)),
    ...valueEdit(object, 0, "completion_tokens", String(completion)),
    ...valueEdit(object, 0, "total_tokens", String(prompt + completion)),
    ...detailEdits(object, "prompt_tokens_details", (key) => sum(false, "prompt_tokens_details", key)),
    ...detailEdits(object, "completion_tokens_details", (key) => sum(true, "completion_tokens_details", key)),
  ]);
}

function detailEdits(usage: JsonObject, name: string, sum: (key: string) => number): readonly Edit[] {
  const details = nested(usage, name);
  return (details?.object.members ?? []).flatMap(({ key, value, end }) => {
    const at = details?.at.start ?? 0;
    const isNumber = /^\d+$/.test(details?.object.bytes.toString("latin1", value, end) ?? "");
    return isNumber ? [{ start: at + value, end: at + end, text: String(sum(key)) }] : [];
  });
}

function numberAt(object: JsonObject, path: readonly string[]): number {
  const holder = nested(object, ...path.slice(0, -1));
  const number = Number(holder && rawValue(holder.object, path.at(-1) ?? ""));
  return Number.isFinite(number) ? number : 0;
}
