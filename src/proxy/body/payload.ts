/** What a leg carries: one buffer, or pieces of several. */
export type Payload = Buffer | Pieces;

/** Bytes that are somebody else's: they stay where they are until they are sent. */
interface Span {
  readonly bytes: Buffer;
  readonly from: number;
  readonly to: number;
}

/** A body made of pieces of others and of text between them. It is copied once, to where it is sent from, or not at all where it is large. */
export class Pieces {
  length = 0;
  readonly #parts: (string | Span)[] = [];

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  addText(text: string): void {
    if (text === "") return;
    const length = Buffer.byteLength(text);
    if (length !== text.length) {
      this.addBytes(Buffer.from(text));
      return;
    }
    this.#parts.push(text);
    this.length += length;
  }

  addBytes(bytes: Buffer, from = 0, to = bytes.length): void {
    if (from === to) return;
    this.#parts.push({ bytes, from, to });
    this.length += to - from;
  }

  /** Writes all of it into `target`, from `start` on. */
  copyTo(target: Buffer, start: number): void {
    let at = start;
    for (const part of this.#parts)
      if (typeof part === "string") at += target.write(part, at, "latin1");
      else at += part.bytes.copy(target, at, part.from, part.to);
  }

  /** The pieces one after the other; none of them is a copy but for the text. */
  *buffers(): Generator<Buffer> {
    for (const part of this.#parts)
      yield typeof part === "string" ? Buffer.from(part, "latin1") : part.bytes.subarray(part.from, part.to);
  }
}

/** In one place, copied if need be. */
export function joined(payload: Payload): Buffer {
  if (!(payload instanceof Pieces)) return payload;
  const bytes = Buffer.allocUnsafe(payload.length);
  payload.copyTo(bytes, 0);
  return bytes;
}
