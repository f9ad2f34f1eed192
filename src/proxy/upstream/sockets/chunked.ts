import { hasBareLf, readFields } from "./fields.ts";
import { FramingError } from "./framing-error.ts";

const [CR, LF, SEMICOLON] = [0x0d, 0x0a, 0x3b];
const SIZE_DIGITS = 12; // 2^48 bytes
const EXTENSION_MOST = 4096;
const TRAILER_MOST = 16 * 1024;

type State = "size" | "extension" | "size-lf" | "data" | "data-cr" | "data-lf" | "trailer" | "end";

/**
 * Takes the chunks out of a body. Sizes are hex digits and nothing else, lines end with CRLF; extensions and trailers are checked and dropped.
 * Source: RFC 9112 §7.1.
 */
export class Chunked {
  #state: State = "size";
  #size = 0;
  #digits = 0;
  #extension = 0;
  #trailer = "";

  get isOver(): boolean {
    return this.#state === "end";
  }

  /** @returns where it stopped: the end of the bytes, or what follows the body @throws FramingError */
  take(bytes: Buffer, from: number, onData: (chunk: Buffer) => void): number {
    let at = from;
    while (at < bytes.length && this.#state !== "end") {
      if (this.#state === "data") at = this.#data(bytes, at, onData);
      else if (this.#state === "trailer") at = this.#trailers(bytes, at);
      else this.#framing(bytes[at++] ?? 0);
    }
    return at;
  }

  #data(bytes: Buffer, at: number, onData: (chunk: Buffer) => void): number {
    const end = Math.min(bytes.length, at + this.#size);
    this.#size -= end - at;
    if (this.#size === 0) this.#state = "data-cr";
    onData(bytes.subarray(at, end));
    return end;
  }

  /** One byte of what stands between the chunks. */
  #framing(byte: number): void {
    if (this.#state === "size") this.#sizeByte(byte);
    else if (this.#state === "extension") this.#extensionByte(byte);
    else if (this.#state === "data-cr") this.#expect(byte, CR, "data-lf");
    else if (this.#state === "data-lf") {
      this.#expect(byte, LF, "size");
      this.#digits = 0;
    } else this.#expect(byte, LF, this.#size === 0 ? "trailer" : "data");
  }

  #sizeByte(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0 && this.#digits < SIZE_DIGITS) {
      this.#size = this.#size * 16 + digit;
      this.#digits++;
    } else if (this.#digits > 0 && byte === CR) this.#state = "size-lf";
    else if (this.#digits > 0 && byte === SEMICOLON) {
      this.#state = "extension";
      this.#extension = 0;
    } else throw new FramingError("a chunk's size is not a hex number");
  }

  #extensionByte(byte: number): void {
    if (byte === CR) this.#state = "size-lf";
    else if ((byte < 0x20 && byte !== 0x09) || byte === 0x7f || ++this.#extension > EXTENSION_MOST)
      throw new FramingError("a chunk's extension is too long, or has a control character");
  }

  #expect(byte: number, wanted: number, next: State): void {
    if (byte !== wanted) throw new FramingError("a chunk does not end where its size says");
    this.#state = next;
  }

  /** The last chunk has come: fields, or none, and a blank line. */
  #trailers(bytes: Buffer, at: number): number {
    const before = this.#trailer.length;
    this.#trailer += bytes.toString("latin1", at, Math.min(bytes.length, at + TRAILER_MOST));
    const isEmpty = this.#trailer.startsWith("\r\n");
    const end = isEmpty ? 0 : this.#trailer.indexOf("\r\n\r\n");
    if (end === -1) {
      if (this.#trailer.length > TRAILER_MOST || hasBareLf(this.#trailer, before))
        throw new FramingError("a trailer that does not end");
      return at + this.#trailer.length - before;
    }
    if (!isEmpty) readFields(this.#trailer.slice(0, end).split("\r\n"));
    this.#state = "end";
    return at + end + (isEmpty ? 2 : 4) - before;
  }
}

const hexDigit = (byte: number) => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
};
