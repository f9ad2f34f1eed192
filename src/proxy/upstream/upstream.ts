import type { IncomingHttpHeaders } from "node:http";
import type { Payload } from "../body/payload.ts";
import type { Signal } from "../signal.ts";

/** One engine's HTTP side. Who implements it retries nothing, times nothing out and keeps idle connections. */
export interface Upstream {
  readonly url: string;
  /**
   * Sends one request and resolves with the head of the answer. When the signal fires, at any time until the answer has been
   * read, the connection is closed, which frees the engine, and the promise or the reading rejects with the signal's reason.
   * @throws UpstreamError, the signal's reason, or what `head.gate` returned
   */
  request(head: Head, body: Payload | undefined, signal: Signal): Promise<Reply>;
  close(): Promise<void>;
}

export interface Head {
  readonly method: "GET" | "HEAD" | "POST" | "OPTIONS";
  /** With the query string. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Asked when the connection is there and nothing has been written: an error stops the request with not a byte sent. */
  gate?(): Error | undefined;
}

/** An answer whose body is still on its way. It has to be read or dropped. */
export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Hands over every chunk as it comes; while a promise that `onChunk` returned is pending, the engine is held back. */
  read(onChunk: (chunk: Buffer) => Promise<void> | undefined): Promise<void>;
  bytes(): Promise<Buffer>;
  drop(): void;
  /** Called once, when the answer was read to its end, broke, or was dropped. */
  onClose(listener: () => void): void;
}

/** The connection failed. `connect`: nothing was sent; `silent`: it was sent and not a byte came; `broken`: the answer stopped in its middle. */
export class UpstreamError extends Error {
  override readonly name = "UpstreamError";
  readonly kind: "connect" | "silent" | "broken";
  /** Silent, on a connection that had carried requests before: the engine may have closed it before it saw this one. */
  readonly idleClosed: boolean;
  constructor(kind: UpstreamError["kind"], { idleClosed, cause }: { idleClosed: boolean; cause: Error }) {
    super(cause.message || ("code" in cause ? String(cause.code) : cause.name), { cause });
    this.kind = kind;
    this.idleClosed = idleClosed;
  }
}
