import { Chunked } from "./chunked.ts";
import { hasBareLf } from "./fields.ts";
import { FramingError } from "./framing-error.ts";
import { type ResponseHead, readResponseHead } from "./response-head.ts";

const HEAD_MOST = 16 * 1024;
const INTERIM_MOST = 16; // 100 Continue and its kind, before one answer
const HEAD_END = Buffer.from("\r\n\r\n");
const VERSION = "HTTP/1.";

/** What one answer turns into. */
export interface Sink {
  onHead(head: ResponseHead): void;
  /** A view into the bytes that were given: good within the call, and no longer. */
  onData(chunk: Buffer): void;
}

/**
 * Reads one answer from the bytes of a connection, in whatever pieces they come. What is ambiguous is an error, never a guess.
 * Source: RFC 9112 §2.2, §4–§7.
 */
export class Response {
  readonly #sink: Sink;
  readonly #answersHead: boolean;
  #early = ""; // a head that has not come to its end
  #interims = 0;
  #hasBegun = false;
  #body: "head" | "length" | "chunked" | "until-close" | "end" = "head";
  #left = 0; // of a body whose length was said
  #chunks: Chunked | undefined;
  #onData = (chunk: Buffer) => this.#sink.onData(chunk);

  constructor(sink: Sink, answersHead: boolean) {
    this.#sink = sink;
    this.#answersHead = answersHead;
  }

  get isOver(): boolean {
    return this.#body === "end";
  }

  /** A byte of it has come, whatever it was. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Whether the answer is over is known when the call is: bytes after its end are an error. @throws FramingError */
  take(bytes: Buffer): void {
    this.#hasBegun = true;
    let at = 0;
    while (at < bytes.length) {
      if (this.#body === "head") at = this.#head(bytes, at);
      else if (this.#body === "chunked" && this.#chunks) {
        at = this.#chunks.take(bytes, at, this.#onData);
        if (this.#chunks.isOver) this.#body = "end";
      } else if (this.#body === "length") at = this.#measured(bytes, at);
      else if (this.#body === "until-close") {
        this.#sink.onData(bytes.subarray(at));
        return;
      } else throw new FramingError("bytes after the end of the answer");
    }
  }

  /** The engine has said its last. Its answer may be one that ends with that. */
  close(): void {
    if (this.#body === "until-close") this.#body = "end";
  }

  #head(bytes: Buffer, from: number): number {
    const end = this.#early === "" ? bytes.indexOf(HEAD_END, from) : -1;
    if (end === -1) return this.#pieces(bytes, from);
    if (end - from > HEAD_MOST) throw tooLong();
    this.#begin(readResponseHead(bytes.toString("latin1", from, end), this.#answersHead));
    return end + HEAD_END.length;
  }

  /** A head that did not come at once. */
  #pieces(bytes: Buffer, from: number): number {
    const before = this.#early.length;
    const text = this.#early + bytes.toString("latin1", from, Math.min(bytes.length, from + HEAD_MOST));
    const end = text.indexOf("\r\n\r\n", Math.max(0, before - 3));
    if (end === -1) {
      if (text.length > HEAD_MOST) throw tooLong();
      if (!VERSION.startsWith(text.slice(0, VERSION.length))) throw new FramingError("not HTTP/1");
      if (hasBareLf(text, before)) throw new FramingError("a line of the head ends with a bare LF");
      this.#early = text;
      return from + text.length - before;
    }
    this.#early = "";
    this.#begin(readResponseHead(text.slice(0, end), this.#answersHead));
    return from + end + HEAD_END.length - before;
  }

  #begin(head: ResponseHead): void {
    if (head.status < 200) {
      if (++this.#interims > INTERIM_MOST) throw new FramingError("interim answers without end");
      return;
    }
    this.#body = head.body === "chunked" || head.body === "until-close" ? head.body : "length";
    if (head.body === "chunked") this.#chunks = new Chunked();
    if (typeof head.body === "number") this.#left = head.body;
    this.#sink.onHead(head);
    if (head.body === 0) this.#body = "end";
  }

  #measured(bytes: Buffer, from: number): number {
    const end = Math.min(bytes.length, from + this.#left);
    this.#left -= end - from;
    this.#sink.onData(bytes.subarray(from, end));
    if (this.#left === 0) this.#body = "end";
    return end;
  }
}

const tooLong = () => new FramingError(`a head of more than ${HEAD_MOST} bytes`);
