import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Response } from "../../../src/proxy/upstream/sockets/response.ts";
import type { ResponseHead } from "../../../src/proxy/upstream/sockets/response-head.ts";
import { answered, get } from "./spoken.ts";

const OK = "HTTP/1.1 200 OK\r\n";
const HEAD = { ...get, method: "HEAD" } as const;

interface Whole {
  readonly says: string;
  readonly body: string;
  readonly status?: number;
  readonly ends?: true;
  readonly head?: typeof HEAD;
  /** Why undici does not read it. */
  readonly notUndici?: string;
}

/** Answers that every client reads, and reads the same. */
const whole: Readonly<Record<string, Whole>> = {
  "a length": { says: `${OK}content-length: 5\r\n\r\nhello`, body: "hello" },
  "no body, said by length 0": { says: `${OK}Content-Length: 0\r\n\r\n`, body: "" },
  chunks: {
    says: `${OK}transfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n`,
    body: "abc0123456789",
  },
  "chunks in capitals": { says: `${OK}Transfer-Encoding: Chunked\r\n\r\n2\r\nab\r\n00\r\n\r\n`, body: "ab" },
  "chunks with extensions": {
    says: `${OK}transfer-encoding: chunked\r\n\r\n2;a=b;c="d"\r\nab\r\n0;x\r\n\r\n`,
    body: "ab",
  },
  "chunks and trailers": {
    says: `${OK}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nx-sum: 1\r\ny: 2\r\n\r\n`,
    body: "ab",
  },
  "until the connection closes": { says: `${OK}x: y\r\n\r\nall of it`, body: "all of it", ends: true },
  "until the connection closes, and nothing": { says: `${OK}\r\n`, body: "", ends: true },
  "HTTP/1.0": { says: "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nab", body: "ab" },
  "HTTP/1.0 until close": { says: "HTTP/1.0 200 OK\r\n\r\nab", body: "ab", ends: true },
  "an interim answer first": {
    says: `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}content-length: 1\r\n\r\na`,
    body: "a",
  },
  "100 Continue that nobody asked for": {
    says: `HTTP/1.1 100 Continue\r\n\r\n${OK}content-length: 1\r\n\r\na`,
    body: "a",
    notUndici: "it takes an unasked 100 for a broken engine",
  },
  "204": { says: "HTTP/1.1 204 No Content\r\n\r\n", body: "", status: 204 },
  "304 with the length of what is not sent": {
    says: "HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n",
    body: "",
    status: 304,
    notUndici: "it compares that length with the bytes that came",
  },
  "HEAD with the length of what is not sent": { says: `${OK}content-length: 9\r\n\r\n`, body: "", head: HEAD },
  "HEAD with chunks that are not sent": { says: `${OK}transfer-encoding: chunked\r\n\r\n`, body: "", head: HEAD },
  "no reason phrase": { says: "HTTP/1.1 200 \r\ncontent-length: 1\r\n\r\na", body: "a" },
  "an error of the engine": {
    says: "HTTP/1.1 503 Busy\r\nretry-after: 1\r\ncontent-length: 2\r\n\r\nno",
    body: "no",
    status: 503,
  },
};

describe.each(["sockets", "undici"] as const)("%s reads", (client) => {
  const cases = Object.entries(whole).filter(([, { notUndici }]) => client === "sockets" || notUndici === undefined);
  it.each(cases)("%s", async (_, { says, body, status = 200, ...options }) => {
    expect(await answered(client, [says], options)).toMatchObject({ status, body });
  });
});

/** Two readers could take these for different messages. */
const refused: Readonly<Record<string, { says: string; kind: "silent" | "broken"; ends?: true; head?: typeof HEAD }>> =
  {
    "two lengths that differ": { says: `${OK}content-length: 1\r\ncontent-length: 2\r\n\r\nab`, kind: "silent" },
    "two lengths that agree": { says: `${OK}content-length: 1\r\ncontent-length: 1\r\n\r\na`, kind: "silent" },
    "a list of lengths": { says: `${OK}content-length: 1, 1\r\n\r\na`, kind: "silent" },
    "a length with a sign": { says: `${OK}content-length: +1\r\n\r\na`, kind: "silent" },
    "a length in hex": { says: `${OK}content-length: 0x1\r\n\r\na`, kind: "silent" },
    "an empty length": { says: `${OK}content-length:\r\n\r\na`, kind: "silent" },
    "a length beyond counting": { says: `${OK}content-length: 9999999999999999\r\n\r\na`, kind: "silent" },
    "length and chunks": {
      says: `${OK}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      kind: "silent",
    },
    "a coding that nobody asked for": {
      says: `${OK}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
      kind: "silent",
    },
    "chunked twice": {
      says: `${OK}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      kind: "silent",
    },
    "chunks in HTTP/1.0": { says: "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", kind: "silent" },
    "a folded line": { says: `${OK}x: a\r\n b\r\ncontent-length: 0\r\n\r\n`, kind: "silent" },
    "a space before the colon": { says: `${OK}content-length : 0\r\n\r\n`, kind: "silent" },
    "a line without a colon": { says: `${OK}nonsense\r\n\r\n`, kind: "silent" },
    "a name that is none": { says: `${OK}a b: c\r\n\r\n`, kind: "silent" },
    "a bare LF after the status line": { says: "HTTP/1.1 200 OK\ncontent-length: 0\r\n\r\n", kind: "silent" },
    "bare LFs throughout": { says: "HTTP/1.1 200 OK\ncontent-length: 0\n\n", kind: "silent" },
    "a bare CR in a value": { says: `${OK}x: a\rb\r\ncontent-length: 0\r\n\r\n`, kind: "silent" },
    "a NUL in a value": { says: `${OK}x: a\0b\r\ncontent-length: 0\r\n\r\n`, kind: "silent" },
    "an empty line first": { says: `\r\n${OK}content-length: 0\r\n\r\n`, kind: "silent" },
    "another version": { says: "HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n", kind: "silent" },
    "a status that is none": { says: "HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n", kind: "silent" },
    "another protocol": { says: "SSH-2.0-OpenSSH_9.2\r\n", kind: "silent" },
    "a switch of protocols": { says: "HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n", kind: "silent" },
    "204 with a body": { says: "HTTP/1.1 204 No Content\r\ncontent-length: 1\r\n\r\na", kind: "silent" },
    "a head without end": { says: `${OK}x: ${"y".repeat(20_000)}`, kind: "silent" },
    "a head that breaks off": { says: `${OK}content-le`, kind: "silent", ends: true },
    "bytes after a length": { says: `${OK}content-length: 1\r\n\r\nab`, kind: "broken" },
    "bytes after the last chunk": { says: `${OK}transfer-encoding: chunked\r\n\r\n0\r\n\r\nx`, kind: "broken" },
    "bytes after HEAD": { says: `${OK}content-length: 1\r\n\r\na`, kind: "broken", head: HEAD },
    "a chunk's size that is none": { says: `${OK}transfer-encoding: chunked\r\n\r\nxy\r\n`, kind: "broken" },
    "a chunk's size with 0x": { says: `${OK}transfer-encoding: chunked\r\n\r\n0x2\r\nab\r\n0\r\n\r\n`, kind: "broken" },
    "a chunk's size with a space": {
      says: `${OK}transfer-encoding: chunked\r\n\r\n2 \r\nab\r\n0\r\n\r\n`,
      kind: "broken",
    },
    "no size": { says: `${OK}transfer-encoding: chunked\r\n\r\n\r\nab\r\n0\r\n\r\n`, kind: "broken" },
    "a size beyond counting": { says: `${OK}transfer-encoding: chunked\r\n\r\nfffffffffffff\r\n`, kind: "broken" },
    "a bare LF after a size": { says: `${OK}transfer-encoding: chunked\r\n\r\n2\nab\r\n0\r\n\r\n`, kind: "broken" },
    "a bare LF in an extension": {
      says: `${OK}transfer-encoding: chunked\r\n\r\n2;a\nab\r\n0\r\n\r\n`,
      kind: "broken",
    },
    "an extension without end": {
      says: `${OK}transfer-encoding: chunked\r\n\r\n2;${"a\t".repeat(3_000)}`,
      kind: "broken",
    },
    "an extension of nothing but tabs": {
      says: `${OK}transfer-encoding: chunked\r\n\r\n2;${"\t".repeat(5_000)}`,
      kind: "broken",
    },
    "a chunk longer than its size": {
      says: `${OK}transfer-encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n`,
      kind: "broken",
    },
    "a bare LF after a chunk": { says: `${OK}transfer-encoding: chunked\r\n\r\n2\r\nab\n0\r\n\r\n`, kind: "broken" },
    "a folded trailer": { says: `${OK}transfer-encoding: chunked\r\n\r\n0\r\na: b\r\n c\r\n\r\n`, kind: "broken" },
    "a bare LF in a trailer": { says: `${OK}transfer-encoding: chunked\r\n\r\n0\r\na: b\n\r\n`, kind: "broken" },
    "fewer bytes than the length": { says: `${OK}content-length: 3\r\n\r\nab`, kind: "broken", ends: true },
    "no last chunk": { says: `${OK}transfer-encoding: chunked\r\n\r\n2\r\nab\r\n`, kind: "broken", ends: true },
  };

it.each(["chunked\t", "gzip, chunked", "xchunked", '"chunked"'])(
  "undici refuses the coding %j rather than hand on a body with its framing in it",
  async (coding) => {
    const says = `${OK}transfer-encoding: ${coding}\r\n\r\n3\r\nabc\r\n0\r\n\r\n`;
    expect(await answered("undici", [says], { ends: true })).toEqual({ failed: "silent", idleClosed: false });
  },
);

describe("sockets refuses", () => {
  it.each(Object.entries(refused))("%s", async (_, { says, kind, ...options }) => {
    expect(await answered("sockets", [says], options)).toEqual({ failed: kind, idleClosed: false });
  });
});

interface Read {
  readonly heads: ResponseHead[];
  body: string;
  isOver: boolean;
  failed?: string;
}

/** What the reader makes of these bytes in these pieces. */
function read(pieces: readonly Buffer[], answersHead: boolean): Read {
  const got: Read = { heads: [], body: "", isOver: false };
  const response = new Response(
    {
      onHead: (head) => void got.heads.push(head),
      onData(chunk) {
        got.body += chunk.toString("latin1");
      },
    },
    answersHead,
  );
  try {
    for (const piece of pieces) response.take(piece);
    got.isOver = response.isOver;
  } catch (error) {
    got.failed = String(error);
  }
  return got;
}

function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  let at = 0;
  for (const size of sizes) {
    yield bytes.subarray(at, at + size);
    at += size;
  }
  yield bytes.subarray(at);
}

it("an answer means the same in whatever pieces it comes, and is refused in all of them or in none", () => {
  const all = [...Object.values(whole), ...Object.values(refused)];
  const pieces = fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 80 });
  fc.assert(
    fc.property(fc.constantFrom(...all), pieces, ({ says, head }, sizes) => {
      const bytes = Buffer.from(says, "latin1");
      const [atOnce, inPieces] = [read([bytes], head === HEAD), read([...cut(bytes, sizes)], head === HEAD)];
      expect(inPieces.failed !== undefined).toBe(atOnce.failed !== undefined);
      if (atOnce.failed === undefined) expect(inPieces).toEqual(atOnce);
    }),
    { numRuns: 3_000 },
  );
});

it("a value goes on byte for byte, and a name that comes twice is a list", async () => {
  const says = `${OK}X-A: caf\xe9 \t\r\nset-cookie: a\r\nSet-Cookie: b\r\ncontent-length: 0\r\n\r\n`;
  expect(await answered("sockets", [says])).toEqual({
    status: 200,
    headers: { "x-a": "caf\xe9", "set-cookie": ["a", "b"], "content-length": "0" },
    body: "",
  });
});
