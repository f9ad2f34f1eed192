import type { Span } from "./spans.ts";

/** A frame that grows beyond this is no event of an engine: the stream is passed on as it comes from there on. */
export const FRAME_MOST = 8 * 1024 * 1024;

const [LF, CR] = [0x0a, 0x0d];

/**
 * Cuts a stream of server-sent events into runs of whole frames, without copying where a chunk ends with a frame, as engines write them.
 * A frame ends with a blank line; lines may end with LF, CRLF, or now one and now the other. Source: proxy-protocols.md §3.3 R12.
 */
export class Frames {
  readonly #most: number;
  #held: Buffer[] = [];
  #size = 0;
  #raw = false;

  constructor(most = FRAME_MOST) {
    this.#most = most;
  }

  /** A frame was larger than any may be: what `take` gives now is not cut at frames. */
  get raw(): boolean {
    return this.#raw;
  }

  /** @returns all that is whole now: some frames, or none yet */
  take(chunk: Buffer): Buffer | undefined {
    if (this.#raw) return chunk;
    const end = this.#wholeIn(chunk);
    if (end === chunk.length && this.#held.length === 0) return chunk;
    if (end === 0) return this.#hold(chunk);
    const whole = this.rest(chunk.subarray(0, end));
    if (end < chunk.length) this.#hold(chunk.subarray(end));
    return whole;
  }

  /** What is left of a frame that did not end. */
  rest(last: Buffer = NOTHING): Buffer {
    const whole = this.#held.length === 0 ? last : Buffer.concat([...this.#held, last]);
    this.#held = [];
    this.#size = 0;
    return whole;
  }

  #hold(chunk: Buffer): Buffer | undefined {
    this.#held.push(chunk);
    this.#size += chunk.length;
    this.#raw = this.#size > this.#most;
    return this.#raw ? this.rest() : undefined;
  }

  /** How many bytes of the chunk belong to frames that are whole with it. */
  #wholeIn(chunk: Buffer): number {
    if (this.#held.length === 0) return lastEnd(chunk);
    const before = Buffer.concat(this.#held.slice(-SEAM)).subarray(-SEAM);
    return Math.max(0, lastEnd(Buffer.concat([before, chunk])) - before.length);
  }
}

const NOTHING = Buffer.alloc(0);
const SEAM = 2; // bytes of a blank line that can stand in earlier chunks

/** Where the last frame ends that ends in these bytes; 0 when none does. */
function lastEnd(bytes: Buffer): number {
  for (let at = bytes.lastIndexOf(LF); at > 0; at = bytes.lastIndexOf(LF, at - 1))
    if (bytes[at - 1] === LF || (bytes[at - 1] === CR && bytes[at - 2] === LF)) return at + 1;
  return 0;
}

/** The frames of a run, one by one, each with its blank line; at last what is no whole frame, if there is anything. */
export function* framesOf(run: Buffer): Generator<Buffer> {
  let start = 0;
  for (let at = run.indexOf(LF); at !== -1; at = run.indexOf(LF, at + 1)) {
    const next = run[at + 1] === CR ? at + 2 : at + 1;
    if (run[next] !== LF) continue;
    yield run.subarray(start, next + 1);
    start = next + 1;
    at = next;
  }
  if (start < run.length) yield run.subarray(start);
}

const DATA = Buffer.from("data:");

/** Where the data of a frame stands: the text of its only `data:` line, without the space that may lead it. */
export function dataIn(frame: Buffer): Span | undefined {
  let found: Span | undefined;
  for (let start = 0; start < frame.length; ) {
    const lineEnd = frame.indexOf(LF, start);
    const next = lineEnd === -1 ? frame.length : lineEnd + 1;
    if (frame.subarray(start, start + DATA.length).equals(DATA)) {
      if (found) return undefined; // of several lines no engine makes an event
      const end = lineEnd === -1 ? frame.length : lineEnd - (frame[lineEnd - 1] === CR ? 1 : 0);
      const from = start + DATA.length;
      found = { start: frame[from] === 0x20 ? from + 1 : from, end };
    }
    start = next;
  }
  return found;
}
