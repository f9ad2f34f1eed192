import { JsonError } from "./json-error.ts";

export const [COMMA, OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x2c, 0x7b, 0x7d, 0x5b, 0x5d];
const [QUOTE, BACKSLASH, COLON, MINUS, POINT, PLUS, ZERO] = [0x22, 0x5c, 0x3a, 0x2d, 0x2e, 0x2b, 0x30];
const ESCAPES = new Set(Buffer.from('"\\/bfnrt'));
const MAX_DEPTH = 512; // deeper than any prompt, shallower than what the engines' own parser refuses

/** What closes the arrays and objects that are open. One for all: nothing else runs while a text is scanned. */
const closers = new Uint8Array(MAX_DEPTH);

/** The end of the value that starts at `from`; nesting is a stack of its own, so that depth costs no call stack. @throws JsonError */
export function skipValue(bytes: Buffer, from: number): number {
  const first = bytes[from];
  if (first === QUOTE) return skipString(bytes, from);
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return skipWord(bytes, from);
  let depth = 0;
  let at = from;
  for (;;) {
    const byte = bytes[at];
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      const closer = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
      at = skipSpace(bytes, at + 1);
      if (bytes[at] !== closer) {
        if (depth === MAX_DEPTH) throw new JsonError(`nested deeper than ${MAX_DEPTH} at byte ${at}`);
        closers[depth++] = closer;
        if (closer === CLOSE_OBJECT) at = skipToValue(bytes, at);
        continue;
      }
      at++;
    } else at = byte === QUOTE ? skipString(bytes, at) : skipWord(bytes, at);
    // closes what ends here, then stands at the next element or member value
    for (;;) {
      if (depth === 0) return at;
      const closer = closers[depth - 1];
      at = skipSpace(bytes, at);
      if (bytes[at] === COMMA) {
        at = skipSpace(bytes, at + 1);
        if (closer === CLOSE_OBJECT) at = skipToValue(bytes, at);
        break;
      }
      if (bytes[at] !== closer) throw expected(`"," or "${String.fromCharCode(closer ?? 0)}"`, at);
      at++;
      depth--;
    }
  }
}

const skipToValue = (bytes: Buffer, at: number) => skipSpace(bytes, afterColon(bytes, skipKey(bytes, at)));

export function skipKey(bytes: Buffer, at: number): number {
  if (bytes[at] !== QUOTE) throw expected("a key", at);
  return skipString(bytes, at);
}

export function afterColon(bytes: Buffer, from: number): number {
  const at = skipSpace(bytes, from);
  if (bytes[at] !== COLON) throw expected('":"', at);
  return at + 1;
}

/** 1: a byte that stands for itself within a text. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);
const NEAR = 64;

function skipString(bytes: Buffer, from: number): number {
  const { length } = bytes;
  let at = from + 1;
  for (;;) {
    const near = Math.min(length, at + NEAR);
    while (at < near && PLAIN[bytes[at] ?? 0] === 1) at++;
    if (at === near) at = skipLong(bytes, at);
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) throw new JsonError(`unfinished text or control character at byte ${at}`);
    at = skipEscape(bytes, at + 1) + 1;
  }
}

/** Prompts are almost all that bodies are made of, and this is all that is done with them: long runs go four bytes at a time. */
function skipLong(bytes: Buffer, from: number): number {
  let at = skipWords(bytes, from);
  while (at < bytes.length && PLAIN[bytes[at] ?? 0] === 1) at++;
  return at;
}

/** Stands at or up to three bytes before the first byte that is not plain. */
function skipWords(bytes: Buffer, from: number): number {
  let start = from;
  const whole = Math.min(bytes.length, from + (-(bytes.byteOffset + from) & 3)); // where words begin
  while (start < whole && PLAIN[bytes[start] ?? 0] === 1) start++;
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

const WORDS = ["true", "false", "null"].map((word) => Buffer.from(word));

/** A number, or one of the three words. */
function skipWord(bytes: Buffer, from: number): number {
  const first = bytes[from];
  if (first === MINUS || isDigit(first)) return skipNumber(bytes, from);
  const word = WORDS.find((one) => one[0] === first);
  const end = from + (word?.length ?? 0);
  for (let at = from; at < end; at++) if (bytes[at] !== word?.[at - from]) throw expected("a value", from);
  if (word === undefined || isWordByte(bytes[end])) throw expected("a value", from);
  return end;
}

/** Source: RFC 8259 §6. */
function skipNumber(bytes: Buffer, from: number): number {
  let at = bytes[from] === MINUS ? from + 1 : from;
  const leads = bytes[at] === ZERO;
  at = skipDigits(bytes, at, from);
  const isOne = !leads || at - from === (bytes[from] === MINUS ? 2 : 1); // no zero before other digits
  if (bytes[at] === POINT) at = skipDigits(bytes, at + 1, from);
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    const sign = bytes[at + 1];
    at = skipDigits(bytes, sign === MINUS || sign === PLUS ? at + 2 : at + 1, from);
  }
  if (!isOne || isWordByte(bytes[at])) throw expected("a value", from);
  return at;
}

/** One at least. */
function skipDigits(bytes: Buffer, from: number, value: number): number {
  let at = from;
  while (isDigit(bytes[at])) at++;
  if (at === from) throw expected("a value", value);
  return at;
}

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/** Letters, digits, plus, minus and point: what follows a value is none of them. */
const isWordByte = (byte: number | undefined) =>
  isDigit(byte) ||
  (byte !== undefined && byte >= 0x61 && byte <= 0x7a) ||
  byte === MINUS ||
  byte === POINT ||
  byte === PLUS ||
  byte === 0x45;

export function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  for (let byte = bytes[at]; byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09; byte = bytes[++at]);
  return at;
}

export const expected = (wanted: string, at: number) => new JsonError(`expected ${wanted} at byte ${at}`);
