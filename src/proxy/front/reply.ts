import type { ServerResponse } from "node:http";
import { errorBody, type Fault, ProxyError } from "../errors.ts";
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
  const held: Buffer[] = [];
  const streams = isEventStream(reply.headers["content-type"]);
  const limit = streams ? 0 : HELD_BYTES;
  let size = 0;
  const onChunk = (chunk: Buffer) => {
    size += chunk.length;
    onBytes(chunk.length);
    if (size <= limit) {
      held.push(chunk);
      return undefined;
    }
    if (!res.headersSent) res.writeHead(reply.status, { ...returned(reply.headers), ...headers });
    for (const early of held.splice(0)) res.write(early);
    return res.write(chunk) ? undefined : drained(res);
  };
  try {
    await reply.read(onChunk);
  } catch (cause) {
    const error = onBreak(cause);
    if (res.headersSent) breakOff(res, error, streams);
    throw error;
  }
  if (!res.headersSent) res.writeHead(reply.status, { ...returned(reply.headers), ...headers, "content-length": size });
  res.end(Buffer.concat(held));
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

/** Resolves when the client has taken what was written, or has left. */
const drained = (res: ServerResponse) =>
  new Promise<void>((resolve) => {
    const done = () => {
      res.off("drain", done).off("close", done);
      resolve();
    };
    res.on("drain", done).on("close", done);
  });
