import { firstElements, type JsonObject, readObject } from "../body/json.ts";

/** Part of a text, by its offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What is to stand in place of a span. */
export interface Edit extends Span {
  readonly text: Buffer | string;
}

/** The bytes with some spans replaced, which must not overlap; all others stay where and as they were. */
export function edited(bytes: Buffer, edits: readonly Edit[]): Buffer {
  const parts: Buffer[] = [];
  let from = 0;
  for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start)) {
    parts.push(bytes.subarray(from, start), typeof text === "string" ? Buffer.from(text) : text);
    from = end;
  }
  parts.push(bytes.subarray(from));
  return Buffer.concat(parts);
}

/** Where the value of a member stands. */
export function spanOf({ members }: JsonObject, key: string): Span | undefined {
  const member = members.findLast((candidate) => candidate.key === key);
  return member && { start: member.value, end: member.end };
}

const OPEN_OBJECT = 0x7b;

/**
 * Where an object stands that is nested in objects under these keys, and its own members with offsets from its own start.
 * @returns undefined when one of the keys is not there or is no object
 */
export function nested(object: JsonObject, ...path: readonly string[]): { at: Span; object: JsonObject } | undefined {
  let [at, inner]: [Span, JsonObject] = [{ start: 0, end: object.bytes.length }, object];
  for (const key of path) {
    const span = spanOf(inner, key);
    if (!span || inner.bytes[span.start] !== OPEN_OBJECT) return undefined;
    at = { start: at.start + span.start, end: at.start + span.end };
    inner = readObject(inner.bytes.subarray(span.start, span.end));
  }
  return { at, object: inner };
}

/** Where the elements of an array stand that is the value of a member; none when it is no array. */
export function elementsOf(object: JsonObject, key: string): readonly Span[] {
  const span = spanOf(object, key);
  if (!span) return [];
  const elements = firstElements(object.bytes.subarray(span.start, span.end), Number.POSITIVE_INFINITY) ?? [];
  return elements.map(({ byteOffset, length }) => {
    const start = byteOffset - object.bytes.byteOffset;
    return { start, end: start + length };
  });
}

/** The edit of one value in an object that stands at `at` in a larger text; none when the object has no such member. */
export function valueEdit(object: JsonObject, at: number, key: string, text: Buffer | string): readonly Edit[] {
  const span = spanOf(object, key);
  return span ? [{ start: at + span.start, end: at + span.end, text }] : [];
}

/** The same edits where the text stands further on in a larger one. */
export const moved = (edits: readonly Edit[], by: number): readonly Edit[] =>
  edits.map(({ start, end, text }) => ({ start: start + by, end: end + by, text }));
