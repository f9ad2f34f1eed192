import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import type { Meant } from "../fake/meant.ts";
import { chunkedText } from "../wire/write.ts";
import {
  bytewise,
  CHUNKED,
  CLOSE,
  finAfter,
  half,
  head,
  LATE,
  lateError,
  length,
  resetAfter,
  SIZES,
  zipped,
} from "./plays.ts";

/**
 * What a client sees of a fault:
 * well: the answer, whole; again: the answer, whole, after another attempt; broke: 502, with nothing of an answer; cut: a stream with an error event and no
 * end; late: 504; missing: 502, as prefill's answer had no ticket that could be read; as-is: whatever the engine put there, byte for byte.
 */
export type Outcome = "well" | "again" | "broke" | "cut" | "late" | "missing" | "as-is";

export interface Outcomes {
  readonly prefill: Outcome;
  /** Of decode: where its answer is whole, and where it is a stream. */
  readonly whole: Outcome;
  readonly stream: Outcome;
}

export interface WireFault extends Outcomes {
  readonly what: string;
  readonly play: (socket: Socket, meant: Meant) => void | Promise<void>;
  /** Of the proxy's own client, where it sees what undici does not. */
  readonly sockets?: Outcomes;
  /** Where it is `as-is`: the body that the client must get. */
  readonly body?: (meant: Meant) => Buffer;
}

const well = { prefill: "well", whole: "well", stream: "well" } as const;
/** The head has come and the connection breaks: of a stream nothing was handed on, so it is tried again. */
const headless = { prefill: "broke", whole: "broke", stream: "again" } as const;
/** Half of the body has come. */
const halved = { prefill: "broke", whole: "broke", stream: "cut" } as const;
/** No head has come that is one: asked once more, prefill at the same endpoint as there is no other. */
const silent = { prefill: "again", whole: "again", stream: "again" } as const;

/** The engine's connection as it may be found on a bad day. Source: proxy-protocols.md §2.0, §3.6; RFC 9112. */
export const wireFaults: readonly WireFault[] = [
  { what: "reset before the head", play: (socket) => void socket.resetAndDestroy(), ...silent },
  { what: "closed before the head", play: finAfter(), ...silent },
  {
    what: "closed in the middle of the head",
    play: (socket, it) => void socket.end(head(it, length(it)).subarray(0, 25)),
    ...silent,
  },
  { what: "reset after the head", play: (socket, it) => resetAfter(socket, head(it, length(it))), ...headless },
  { what: "closed after the head", play: (socket, it) => void socket.end(head(it, length(it))), ...headless },
  {
    what: "reset in the middle of the body",
    play: (socket, it) => resetAfter(socket, Buffer.concat([head(it, length(it)), half(it)])),
    ...halved,
  },
  {
    what: "closed in the middle of the body",
    play: (socket, it) => void socket.end(Buffer.concat([head(it, length(it)), half(it)])),
    ...halved,
  },
  {
    what: "reset in the middle of a chunk",
    play: (socket, it) =>
      resetAfter(
        socket,
        Buffer.concat([head(it, CHUNKED), chunkedText(it.body, [it.body.length]).subarray(0, it.body.length / 2)]),
      ),
    ...halved,
  },
  {
    what: "chunks without the last one",
    play: (socket, it) =>
      void socket.end(Buffer.concat([head(it, CHUNKED), chunkedText(it.body, SIZES).subarray(0, -5)])),
    ...halved,
  },
  {
    what: "a chunk size that is none",
    play: (socket, it) =>
      void socket.end(
        Buffer.concat([head(it, CHUNKED), chunkedText(half(it), SIZES).subarray(0, -5), Buffer.from("zz\r\n")]),
      ),
    ...halved,
  },
  {
    what: "a length that is too long",
    play: (socket, it) => void socket.end(Buffer.concat([head(it, length(it, 9)), it.body])),
    ...halved,
  },
  {
    what: "a length that is too short",
    play: (socket, it) => void socket.end(Buffer.concat([head(it, length(it, -9)), it.body])),
    prefill: "missing",
    whole: "as-is",
    stream: "as-is",
    body: ({ body }) => body.subarray(0, -9),
    sockets: halved,
  },
  {
    what: "two lengths",
    play: (socket, it) => void socket.end(Buffer.concat([head(it, [...length(it), ...length(it, -3)]), it.body])),
    ...silent,
  },
  {
    what: "words that are no HTTP",
    play: (socket) => void socket.end("SSH-2.0-OpenSSH_9.2\r\n"),
    ...silent,
  },
  {
    what: "an answer byte by byte",
    play: (socket, it) => bytewise(socket, Buffer.concat([head(it, [...length(it), ...CLOSE]), it.body])),
    ...well,
  },
  {
    what: "an answer in one piece",
    play: (socket, it) => void socket.end(Buffer.concat([head(it, [...length(it), ...CLOSE]), it.body])),
    ...well,
  },
  {
    what: "a head that never ends",
    play: (socket, it) => void socket.write(head(it, length(it)).subarray(0, 30)),
    prefill: "late",
    whole: "late",
    stream: "late",
  },
  {
    what: "a body that stands still",
    play: (socket, it) => void socket.write(Buffer.concat([head(it, length(it)), half(it)])),
    prefill: "late",
    whole: "late",
    stream: "cut",
  },
  {
    what: "Early Hints before the answer",
    play: (socket, it) =>
      void socket.end(
        Buffer.concat([
          Buffer.from("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
          head(it, [...length(it), ...CLOSE]),
          it.body,
        ]),
      ),
    ...well,
  },
  {
    what: "100 Continue that nobody asked for",
    play: (socket, it) =>
      void socket.end(
        Buffer.concat([Buffer.from("HTTP/1.1 100 Continue\r\n\r\n"), head(it, [...length(it), ...CLOSE]), it.body]),
      ),
    ...silent, // undici takes it for a broken engine
    sockets: well,
  },
  {
    what: "Processing, twice, before the answer",
    play: (socket, it) =>
      void socket.end(
        Buffer.concat([
          Buffer.from("HTTP/1.1 102 Processing\r\n\r\n".repeat(2)),
          head(it, [...length(it), ...CLOSE]),
          it.body,
        ]),
      ),
    ...well,
  },
  {
    what: "another protocol instead of an answer",
    play: finAfter(Buffer.from("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n")),
    ...silent,
  },
  {
    what: "no length, closed at the end",
    play: (socket, it) => void socket.end(Buffer.concat([head(it, CLOSE), it.body])),
    ...well,
  },
  {
    what: "HTTP/1.0",
    play: (socket, it) => void socket.end(Buffer.concat([head(it, [], "HTTP/1.0"), it.body])),
    ...well,
  },
  {
    what: "chunks with extensions",
    play: (socket, it) =>
      void socket.end(
        Buffer.concat([head(it, [...CHUNKED, ...CLOSE]), chunkedText(it.body, SIZES, { extension: ';a=b;c="d"' })]),
      ),
    ...well,
  },
  {
    what: "trailers",
    play: (socket, it) =>
      void socket.end(
        Buffer.concat([
          head(it, [...CHUNKED, ...CLOSE, ["trailer", "x-sum"]]),
          chunkedText(it.body, SIZES, { trailers: [["x-sum", "1"]] }),
        ]),
      ),
    ...well,
  },
  {
    what: "gzip that nobody asked for",
    play: (socket, it) => void socket.end(zipped(it)),
    prefill: "missing",
    whole: "as-is",
    stream: "as-is",
    body: ({ body }) => gzipSync(body),
  },
  {
    what: "bytes after the answer",
    play: (socket, it) =>
      void socket.end(
        Buffer.concat([head(it, length(it)), it.body, Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad")]),
      ),
    ...well,
    sockets: halved,
  },
  {
    what: "closed after the answer, though it may go on",
    play: (socket, it) => void socket.end(Buffer.concat([head(it, length(it)), it.body])),
    ...well,
  },
  {
    what: "an error event late in a stream",
    play: (socket, it) => void socket.end(lateError(it)),
    prefill: "well",
    whole: "well",
    stream: "as-is",
    body: ({ body }) => Buffer.concat([body, LATE]),
  },
];
