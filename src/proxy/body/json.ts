import { isUtf8 } from "node:buffer";

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

export class JsonError extends Error {
  override readonly name = "JsonError";
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];
const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));
const MAX_DEPTH = 512; // deeper than any prompt, shallower than what the engines' own parser refuses

/**
 * Checks that the bytes are one JSON object in UTF-8 and finds its own members, without making values of them.
 * @throws JsonError with the offset and what was expected there
 */
export function readObject(bytes: Buffer): JsonObject {
  if (!isUtf8(bytes)) throw new JsonError("not UTF-8");
  const open = skipSpace(bytes, 0);
  if (bytes[open] !== OPEN_OBJECT) throw new JsonError(`expected an object at byte ${open}`);
  const members: Member[] = [];
  let at = skipSpace(bytes, open + 1);
  if (bytes[at] !== CLOSE_OBJECT)
    for (;;) {
      const start = at;
      const keyEnd = skipKey(bytes, start);
      const value = skipSpace(bytes, afterColon(bytes, keyEnd));
      const end = skipValue(bytes, value);
      members.push({ key: text(bytes, start, keyEnd), start, value, end });
      at = skipSpace(bytes, end);
      if (bytes[at] === CLOSE_OBJECT) break;
      at = skipSpace(bytes, expect(bytes, at, COMMA, '"," or "}"'));
    }
  at = skipSpace(bytes, at + 1);
  if (at < bytes.length) throw new JsonError(`text after the object, at byte ${at}`);
  return { bytes, open, members };
}

/** The text of a member's value. Of several members with the key the last one counts, as for every engine. */
export function rawValue({ bytes, members }: JsonObject, key: string): Buffer | undefined {
  for (let at = members.length - 1; at >= 0; at--) {
    const member = members[at];
    if (member?.key === key) return bytes.subarray(member.value, member.end);
  }
  return undefined;
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

/** Length of the value that starts at `from`; nesting is a stack of its own, so that depth costs no call stack. */
function skipValue(bytes: Buffer, from: number): number {
  const first = bytes[from];
  if (first === QUOTE) return skipString(bytes, from);
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return skipWord(bytes, from);
  const closers: number[] = [];
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      const closer = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
      at = skipSpace(bytes, at + 1);
      if (bytes[at] !== closer) {
        if (closers.push(closer) > MAX_DEPTH) throw new JsonError(`nested deeper than ${MAX_DEPTH} at byte ${at}`);
        if (closer === CLOSE_OBJECT) at = skipSpace(bytes, afterColon(bytes, skipKey(bytes, at)));
        continue;
      }
      at++;
    } else at = byte === QUOTE ? skipString(bytes, at) : skipWord(bytes, at);
    at = afterValue(bytes, at, closers);
    if (closers.length === 0) return at;
  }
}

/** Closes what ends here, then stands at the next element or member value; at the end of the whole value when nothing is open. */
function afterValue(bytes: Buffer, from: number, closers: number[]): number {
  let at = from;
  for (let closer = closers.at(-1); closer !== undefined; closer = closers.at(-1)) {
    at = skipSpace(bytes, at);
    if (bytes[at] === COMMA) {
      at = skipSpace(bytes, at + 1);
      return closer === CLOSE_OBJECT ? skipSpace(bytes, afterColon(bytes, skipKey(bytes, at))) : at;
    }
    at = expect(bytes, at, closer, `"," or "${String.fromCharCode(closer)}"`);
    closers.pop();
  }
  return at;
}

const skipKey = (bytes: Buffer, at: number) => {
  if (bytes[at] !== QUOTE) throw new JsonError(`expected a key at byte ${at}`);
  return skipString(bytes, at);
};
const afterColon = (bytes: Buffer, at: number) => expect(bytes, skipSpace(bytes, at), COLON, '":"');

function skipString(bytes: Buffer, from: number): number {
  let at = from + 1;
  for (;;) {
    at = skipPlain(bytes, at);
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) throw new JsonError(`unfinished text or control character at byte ${at}`);
    at = skipEscape(bytes, at + 1) + 1;
  }
}

/** 1: a byte that stands for itself within a text. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

/** Prompts are almost all that bodies are made of, and this is all that is done with them: long runs go four bytes at a time. */
function skipPlain(bytes: Buffer, from: number): number {
  const near = skipBytes(bytes, from, Math.min(bytes.length, from + NEAR));
  return near < from + NEAR ? near : skipBytes(bytes, skipWords(bytes, near), bytes.length);
}

const NEAR = 64;

function skipBytes(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && PLAIN[bytes[at] ?? 0] === 1) at++;
  return at;
}

/** Stands at or up to three bytes before the first byte that is not plain. */
function skipWords(bytes: Buffer, from: number): number {
  const start = skipBytes(bytes, from, Math.min(bytes.length, from + (-(bytes.byteOffset + from) & 3))); // where words begin
  if (((bytes.byteOffset + start) & 3) !== 0) return start;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + start, (bytes.length - start) >> 2);
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] ?? 0;
    const quote = word ^ 0x22222222; // a byte that was one is 0 now
    const slash = word ^ 0x5c5c5c5c;
    const low = (word - 0x20202020) & ~word;
    if (((low | ((quote - 0x01010101) & ~quote) | ((slash - 0x01010101) & ~slash)) & 0x80808080) !== 0) break;
  }
  return start + at * 4;
}

/** The last byte of the escape whose letter stands at `at`. */
function skipEscape(bytes: Buffer, at: number): number {
  const letter = bytes[at];
  if (letter === 0x75 && /^[0-9a-fA-F]{4}$/.test(bytes.toString("latin1", at + 1, at + 5))) return at + 4;
  if (letter !== undefined && ESCAPES.has(letter)) return at;
  throw new JsonError(`unknown escape at byte ${at}`);
}

const WORD = /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/;
function skipWord(bytes: Buffer, from: number): number {
  let at = from;
  if (isDigit(bytes[at]) && bytes[at] !== ZERO) for (at++; isDigit(bytes[at]); at++); // lists of ids are made of these
  if (at > from && !isWordByte(bytes[at] ?? 0)) return at;
  for (let byte = bytes[at]; byte !== undefined && isWordByte(byte); byte = bytes[++at]);
  if (!WORD.test(bytes.toString("latin1", from, at))) throw new JsonError(`expected a value at byte ${from}`);
  return at;
}

const ZERO = 0x30;
const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** Letters, digits, plus, minus and point: all that numbers and literals are made of. */
const isWordByte = (byte: number) =>
  (byte >= 0x30 && byte <= 0x39) ||
  (byte >= 0x61 && byte <= 0x7a) ||
  byte === 0x2d ||
  byte === 0x2e ||
  byte === 0x2b ||
  byte === 0x45;

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = bytes[++at]);
  return at;
}

function expect(bytes: Buffer, at: number, byte: number, wanted: string): number {
  if (bytes[at] !== byte) throw new JsonError(`expected ${wanted} at byte ${at}`);
  return at + 1;
}

function text(bytes: Buffer, start: number, end: number): string {
  const raw = bytes.toString("utf8", start, end);
  return raw.includes("\\") ? String(JSON.parse(raw)) : raw.slice(1, -1);
}
