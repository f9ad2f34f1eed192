import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Writable } from "node:stream";
import { errorBody, type Fault, ProxyError } from "../errors.ts";
import { atTurnsEnd } from "../turn.ts";
import type { Reply } from "../upstream/upstream.ts";
import { returned } from "./headers.ts";

type Headers = Readonly<Record<string, string | string[]>>;

/** An answer that is no stream is held back up to this size: until then it can still become a 502 when its engine breaks off. */
const HELD_BYTES = 16 * 1024 * 1024;

/**
 * Hands the engine's answer on as it comes. The head goes out with the first bytes of a stream, not before, so that an engine
 * that breaks off earlier is an error with a status. A slow client holds the engine back. Source: proxy-protocols.md §3.3 R10, R11.
 */
export async function relay(
  reply: Reply,
  res: ServerResponse,
  {
    headers,
    onBytes,
    onBreak,
  }: { headers: Headers; onBytes: (n: number) => void; onBreak: (error: unknown) => unknown },
): Promise<void> {
  let held: Buffer[] = [];
  const streams = isEventStream(reply.headers["content-type"]);
  const limit = streams ? 0 : HELD_BYTES;
  let size = 0;
  let write: Write | undefined;
  const begin = () => {
    res.writeHead(reply.status, Object.assign(returned(reply.headers), headers));
    for (const early of held) res.write(early);
    held = [];
    return writing(res);
  };
  const onChunk = (chunk: Buffer) => {
    size += chunk.length;
    onBytes(chunk.length);
    if (write) return write(chunk);
    if (size <= limit) {
      held.push(chunk);
      return undefined;
    }
    write = begin();
    return res.write(chunk) ? undefined : drained(res, res);
  };
  try {
    await reply.read(onChunk);
  } catch (cause) {
    const error = onBreak(cause);
    if (res.headersSent) breakOff(res, error, streams);
    throw error;
  }
  if (write) res.end();
  else endWhole(res, { status: reply.status, headers: Object.assign(returned(reply.headers), headers), held, size });
}

const ONE_STRING = 16 * 1024; // up to here head and body are one write where the body is a string

function endWhole(
  res: ServerResponse,
  {
    status,
    headers,
    held,
    size,
  }: { status: number; headers: OutgoingHttpHeaders; held: readonly Buffer[]; size: number },
): void {
  headers["content-length"] = size;
  res.writeHead(status, headers);
  const [only = NOTHING] = held;
  const body = held.length > 1 ? Buffer.concat(held) : only;
  if (size > ONE_STRING) res.end(body);
  else atTurnsEnd(() => res.end(body.toString("latin1"), "latin1"));
}

const NOTHING = Buffer.alloc(0);

type Write = (chunk: Buffer) => Promise<void> | undefined;

/**
 * How the rest of a body is written whose head is out. Straight on the socket where its framing is chunks: node:http makes four writes of one, and of a
 * stream most of the work is that.
 */
function writing(res: ServerResponse): Write {
  const { socket } = res;
  if (!res.chunkedEncoding || socket === null) return (chunk) => (res.write(chunk) ? undefined : drained(res, res));
  return (chunk) => {
    if (chunk.length === 0 || res.destroyed) return undefined; // a chunk of no bytes would be the last one
    return socket.write(framed(chunk)) ? undefined : drained(socket, res);
  };
}

/** A chunk as it goes over the wire. */
function framed(chunk: Buffer): Buffer {
  const size = `${chunk.length.toString(16)}\r\n`;
  const bytes = Buffer.allocUnsafe(size.length + chunk.length + 2);
  bytes.write(size, 0, "latin1");
  chunk.copy(bytes, size.length);
  bytes[bytes.length - 2] = 0x0d;
  bytes[bytes.length - 1] = 0x0a;
  return bytes;
}

/** Answers with the error's own status; nothing when the head of another answer is out already. */
export function answerError(res: ServerResponse, error: unknown, headers: Headers): void {
  if (res.destroyed || res.headersSent) return;
  const { status, fault, body } = told(error);
  res.writeHead(status, {
    ...headers,
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "x-pdctl-error": fault,
    ...((status === 503 || status === 429) && { "retry-after": "1" }),
  });
  res.end(body);
}

/** Ends an answer whose head is out in a way that nobody can take for whole: no last chunk, and an error event where it is a stream. */
function breakOff(res: ServerResponse, error: unknown, streams: boolean): void {
  if (!streams) res.destroy();
  // the blank line first: the stream may have broken in the middle of an event
  else if (!res.destroyed) res.write(`\n\ndata: ${told(error).body}\n\n`, () => res.destroy());
}

function told(error: unknown): { status: number; fault: Fault | "bug"; body: string } {
  const [status, fault, message] =
    error instanceof ProxyError ? [error.status, error.fault, error.message] : [500, "bug" as const, "internal error"];
  return { status, fault, body: errorBody({ message, status, fault }) };
}

export const isEventStream = (type: unknown) => typeof type === "string" && type.startsWith("text/event-stream");

/** Resolves when the client has taken what was written, or has left: it may have done so before. */
const drained = (written: Writable, res: ServerResponse) =>
  new Promise<void>((resolve) => {
    if (res.destroyed) return resolve();
    const done = () => {
      written.off("drain", done);
      res.off("close", done);
      resolve();
    };
    written.on("drain", done);
    res.on("close", done);
  });
