import { isUtf8 } from "node:buffer";
import { JsonError } from "./json-error.ts";
import { keyText } from "./key-text.ts";
import {
  afterColon,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  expected,
  OPEN_ARRAY,
  OPEN_OBJECT,
  skipKey,
  skipSpace,
  skipValue,
} from "./scan.ts";

export { JsonError } from "./json-error.ts";

/** One member of a JSON object: its key and where it stands in the text. */
export interface Member {
  readonly key: string;
  /** Offset of the key's opening quote. */
  readonly start: number;
  /** Offsets of the value. */
  readonly value: number;
  readonly end: number;
}

/** A JSON object that stays text: the bytes as they came, and where its own members are. */
export interface JsonObject {
  readonly bytes: Buffer;
  readonly open: number;
  readonly members: readonly Member[];
}

/**
 * Checks that the bytes are one JSON object in UTF-8 and finds its own members, without making values of them.
 * @throws JsonError with the offset and what was expected there
 */
export function readObject(bytes: Buffer): JsonObject {
  if (!isUtf8(bytes)) throw new JsonError("not UTF-8");
  const open = skipSpace(bytes, 0);
  if (bytes[open] !== OPEN_OBJECT) throw expected("an object", open);
  const members: Member[] = [];
  const at = skipSpace(bytes, readMembers(bytes, open, members));
  if (at < bytes.length) throw new JsonError(`text after the object, at byte ${at}`);
  return { bytes, open, members };
}

/** The object that stands at `open`, in a text that was scanned. */
export function objectAt(bytes: Buffer, open: number): JsonObject {
  const members: Member[] = [];
  readMembers(bytes, open, members);
  return { bytes, open, members };
}

/** @returns where the object ends */
function readMembers(bytes: Buffer, open: number, members: Member[]): number {
  let at = skipSpace(bytes, open + 1);
  if (bytes[at] !== CLOSE_OBJECT)
    for (;;) {
      const start = at;
      const keyEnd = skipKey(bytes, start);
      const value = skipSpace(bytes, afterColon(bytes, keyEnd));
      const end = skipValue(bytes, value);
      members.push({ key: keyText(bytes, start, keyEnd), start, value, end });
      at = skipSpace(bytes, end);
      if (bytes[at] === CLOSE_OBJECT) break;
      if (bytes[at] !== COMMA) throw expected('"," or "}"', at);
      at = skipSpace(bytes, at + 1);
    }
  return at + 1;
}

/** Of several members with the key the last one counts, as for every engine. */
export function memberOf({ members }: JsonObject, key: string): Member | undefined {
  for (let at = members.length - 1; at >= 0; at--) {
    const member = members[at];
    if (member?.key === key) return member;
  }
  return undefined;
}

/** The text of a member's value. */
export function rawValue(object: JsonObject, key: string): Buffer | undefined {
  const member = memberOf(object, key);
  return member && object.bytes.subarray(member.value, member.end);
}

/** The texts of the first elements of an array that is known to be valid; undefined when it is no array. */
export function firstElements(array: Buffer, most: number): Buffer[] | undefined {
  if (array[0] !== OPEN_ARRAY) return undefined;
  const elements: Buffer[] = [];
  let at = skipSpace(array, 1);
  while (elements.length < most && array[at] !== CLOSE_ARRAY) {
    const end = skipValue(array, at);
    elements.push(array.subarray(at, end));
    at = skipSpace(array, end);
    if (array[at] === COMMA) at = skipSpace(array, at + 1);
  }
  return elements;
}
