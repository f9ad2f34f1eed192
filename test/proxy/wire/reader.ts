import type { Socket } from "node:net";

/** A message's first line and its header lines as they came. Names keep their case; a name may be there more than once. */
export interface WireHead {
  readonly start: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface WireBody {
  readonly bytes: Buffer;
  /** `whole`: it ended as its framing says; `cut`: the connection ended first. */
  readonly end: "whole" | "cut";
  readonly framing: "none" | "length" | "chunked" | "close";
  readonly trailers: WireHead["headers"];
}

/** What no HTTP/1.1 message may look like. Source: RFC 9112. */
export class WireError extends Error {
  override readonly name = "WireError";
}

const LINE_MOST = 128 * 1024;
const NOTHING = Buffer.alloc(0);
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Reads HTTP/1.1 messages from a socket, strictly: CRLF alone ends a line, no folded headers, one length, `chunked` and no other coding.
 * It shares nothing with the parsers under test.
 */
export class Reader {
  #held: Buffer = NOTHING;
  #pieces: Buffer[] = [];
  #ended: "fin" | "reset" | undefined;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    const wakeUp = () => {
      this.#wake?.();
      this.#wake = undefined;
    };
    socket.on("data", (chunk: Buffer) => {
      this.#pieces.push(chunk);
      wakeUp();
    });
    socket.on("end", () => {
      this.#ended ??= "fin";
      wakeUp();
    });
    const reset = () => {
      this.#ended ??= "reset";
      wakeUp();
    };
    socket.on("error", reset).on("close", reset);
  }

  /** How the other side ended the connection, once all it sent has been read. */
  get ended(): "fin" | "reset" | undefined {
    return this.#held.length === 0 && this.#pieces.length === 0 ? this.#ended : undefined;
  }

  /** Bytes that nobody has asked for. */
  get left(): Buffer {
    this.#gather();
    return this.#held;
  }

  /** @returns undefined when the connection ends, also in the middle of the head @throws WireError */
  async head(): Promise<WireHead | undefined> {
    const start = await this.#line();
    if (start === undefined) return undefined;
    const headers = await this.#fields();
    return headers && { start, headers };
  }

  /** @param toEnd without a length the body goes on to the connection's end: of answers alone */
  async body({ headers }: WireHead, { none = false, toEnd = false } = {}): Promise<WireBody> {
    const of = (name: string) => headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
    const [codings, lengths] = [of("transfer-encoding"), of("content-length")];
    if (codings.length > 0 && lengths.length > 0) throw new WireError("both a length and a coding");
    if (none) return { bytes: NOTHING, end: "whole", framing: "none", trailers: [] };
    if (codings.length > 0) {
      if (codings.length > 1 || codings[0]?.toLowerCase() !== "chunked") throw new WireError(`coding ${codings}`);
      return this.#chunked();
    }
    if (lengths.length > 0) {
      if (lengths.length > 1 || !/^\d+$/.test(lengths[0] ?? "")) throw new WireError(`length ${lengths}`);
      const bytes = await this.#take(Number(lengths[0]));
      return { bytes, end: bytes.length === Number(lengths[0]) ? "whole" : "cut", framing: "length", trailers: [] };
    }
    if (!toEnd) return { bytes: NOTHING, end: "whole", framing: "none", trailers: [] };
    const bytes = await this.#take(Number.POSITIVE_INFINITY);
    return { bytes, end: this.#ended === "fin" ? "whole" : "cut", framing: "close", trailers: [] };
  }

  async #chunked(): Promise<WireBody> {
    const chunks: Buffer[] = [];
    const cut = (): WireBody => ({ bytes: Buffer.concat(chunks), end: "cut", framing: "chunked", trailers: [] });
    for (;;) {
      const line = await this.#line();
      if (line === undefined) return cut();
      const [, digits] = /^([0-9a-fA-F]{1,8})(?:[ \t]*;.*)?$/.exec(line) ?? [];
      if (digits === undefined) throw new WireError(`chunk size ${line}`);
      const size = Number.parseInt(digits, 16);
      if (size === 0) break;
      const chunk = await this.#take(size);
      chunks.push(chunk);
      if (chunk.length < size) return cut();
      const ending = await this.#take(2);
      if (ending.length < 2) return cut();
      if (ending.toString("latin1") !== "\r\n") throw new WireError("a chunk longer than its size");
    }
    const trailers = await this.#fields();
    if (!trailers) return cut();
    return { bytes: Buffer.concat(chunks), end: "whole", framing: "chunked", trailers };
  }

  async #fields(): Promise<(readonly [string, string])[] | undefined> {
    const fields: (readonly [string, string])[] = [];
    for (;;) {
      const line = this.#nextLine() ?? (await this.#line());
      if (line === undefined) return undefined;
      if (line === "") return fields;
      const colon = line.indexOf(":");
      const name = line.slice(0, Math.max(colon, 0));
      if (!TOKEN.test(name)) throw new WireError(`header ${JSON.stringify(line)}`);
      fields.push([name, line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "")]);
    }
  }

  /** Without its CRLF; undefined when the connection ends before that. */
  async #line(): Promise<string | undefined> {
    for (;;) {
      const line = this.#nextLine();
      if (line !== undefined) return line;
      if (!(await this.#more())) return undefined;
    }
  }

  /** A line that is here already. */
  #nextLine(): string | undefined {
    this.#gather();
    const at = this.#held.indexOf("\r\n");
    if (at < 0) {
      if (this.#held.length > LINE_MOST) throw new WireError("a line without an end");
      return undefined;
    }
    const line = this.#held.toString("latin1", 0, at);
    this.#held = this.#held.subarray(at + 2);
    if (/[\r\n\0]/.test(line)) throw new WireError(`a bare CR, LF or NUL in ${JSON.stringify(line.slice(0, 80))}`);
    return line;
  }

  async #take(size: number): Promise<Buffer> {
    for (;;) {
      this.#gather();
      if (this.#held.length >= size) break;
      if (!(await this.#more())) break;
    }
    const bytes = this.#held.subarray(0, size);
    this.#held = this.#held.subarray(bytes.length);
    return bytes;
  }

  #gather(): void {
    if (this.#pieces.length === 0) return;
    const pieces = this.#pieces;
    this.#pieces = [];
    const [only = NOTHING] = pieces;
    this.#held = this.#held.length === 0 && pieces.length === 1 ? only : Buffer.concat([this.#held, ...pieces]);
  }

  /** @returns false when nothing more will come */
  async #more(): Promise<boolean> {
    if (this.#pieces.length > 0) return true;
    if (this.#ended) return false;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    return this.#pieces.length > 0 || !this.#ended;
  }
}
