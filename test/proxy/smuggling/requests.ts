/** A request that two parsers could read in two ways, and the prompts that may reach an engine for it: none where it must be refused. */
export interface Smuggled {
  readonly what: string;
  readonly bytes: Buffer;
  /** In the order in which decode gets them. */
  readonly reaches: readonly string[];
  /** Statuses of the answers on this connection, in their order. */
  readonly answers: readonly number[];
  /** It has no end, so that only the client's own end is answered. */
  readonly unfinished?: true;
}

const json = (prompt: string) => `{"model":"m","prompt":"${prompt}"}`;
const GOOD = json("good");
const EVIL = `POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: ${json("evil").length}\r\n\r\n${json("evil")}`;
const size = (text: string) => Buffer.byteLength(text).toString(16);
const CHUNKED = `${size(GOOD)}\r\n${GOOD}\r\n0\r\n\r\n`;
const LENGTH = `Content-Length: ${GOOD.length}`;

/** Of lines that CRLF ends; latin1, so that a byte can be written as one. */
const request = (lines: readonly string[], body: string, start = "POST /v1/completions HTTP/1.1") =>
  Buffer.from([start, "Host: x", ...lines, "", body].join("\r\n"), "latin1");

const refused = (what: string, bytes: Buffer, status = 400): Smuggled => ({
  what,
  bytes,
  reaches: [],
  answers: [status],
});
const served = (
  what: string,
  bytes: Buffer,
  reaches: readonly string[] = ["good"],
  answers = reaches.map(() => 200),
): Smuggled => ({
  what,
  bytes,
  reaches,
  answers,
});

/** Which of two lengths counts. Source: RFC 9112 §6. */
const framing: readonly Smuggled[] = [
  refused(
    "a length and a coding, the length first",
    request([LENGTH, "Transfer-Encoding: chunked"], `${CHUNKED}${EVIL}`),
  ),
  refused(
    "a coding and a length, the coding first",
    request(["Transfer-Encoding: chunked", "Content-Length: 4"], `${CHUNKED}${EVIL}`),
  ),
  refused(
    "a coding and a length of 0",
    request(["Transfer-Encoding: chunked", "Content-Length: 0"], `${CHUNKED}${EVIL}`),
  ),
  refused("two lengths that differ", request([LENGTH, "Content-Length: 3"], `${GOOD}${EVIL}`)),
  refused("two lengths that are the same", request([LENGTH, LENGTH], GOOD)),
  refused("a list of lengths", request([`${LENGTH}, ${GOOD.length}`], GOOD)),
  refused("a length with a sign", request([`Content-Length: +${GOOD.length}`], GOOD)),
  refused("a length below nothing", request(["Content-Length: -1"], GOOD)),
  refused("a length in hex", request([`Content-Length: 0x${size(GOOD)}`], GOOD)),
  refused("a length with a space inside", request([`Content-Length: ${GOOD.length} 0`], GOOD)),
  refused("a length that no number holds", request(["Content-Length: 99999999999999999999999"], GOOD)),
  refused("a length that is empty", request(["Content-Length:"], GOOD)),
  refused("a coding that is not known", request(["Transfer-Encoding: xchunked"], CHUNKED), 501),
  refused("a coding before chunked", request(["Transfer-Encoding: gzip, chunked"], CHUNKED), 501),
  refused("chunked, and something after it", request(["Transfer-Encoding: chunked, identity"], CHUNKED)),
  refused("chunked twice", request(["Transfer-Encoding: chunked, chunked"], CHUNKED)),
  refused("chunked in two lines", request(["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], CHUNKED)),
  refused("chunked in quotes", request(['Transfer-Encoding: "chunked"'], CHUNKED), 501),
  refused("chunked after a vertical tab", request(["Transfer-Encoding: \x0bchunked"], CHUNKED)),
  served("chunked in capitals", request(["Transfer-Encoding: CHUNKED"], CHUNKED)),
  served("chunked after spaces and a tab", request(["Transfer-Encoding:  \t chunked"], CHUNKED)),
  refused(
    "a coding under a name with a space before its colon",
    request(["Transfer-Encoding : chunked", LENGTH], GOOD),
  ),
  refused("a length under a name with a tab before its colon", request([`Content-Length\t: ${GOOD.length}`], GOOD)),
];

/** Chunks whose size two parsers could read in two ways. Source: RFC 9112 §7.1. */
const chunks: readonly Smuggled[] = [
  refused("a size with a sign", request(["Transfer-Encoding: chunked"], `+${CHUNKED}`)),
  refused("a size that begins with 0x", request(["Transfer-Encoding: chunked"], `0x${CHUNKED}`)),
  refused("a size with a space before it", request(["Transfer-Encoding: chunked"], ` ${CHUNKED}`)),
  refused(
    "a size beyond 64 bits",
    request(["Transfer-Encoding: chunked"], `${"f".repeat(17)}\r\n${GOOD}\r\n0\r\n\r\n`),
  ),
  refused("a size with an underscore", request(["Transfer-Encoding: chunked"], `1_0\r\n${GOOD}\r\n0\r\n\r\n`)),
  refused(
    "a size that ends with LF alone",
    request(["Transfer-Encoding: chunked"], `${size(GOOD)}\n${GOOD}\r\n0\r\n\r\n`),
  ),
  refused("a chunk that is longer than its size", request(["Transfer-Encoding: chunked"], `3\r\n${GOOD}\r\n0\r\n\r\n`)),
  refused(
    "a chunk that ends with LF alone",
    request(["Transfer-Encoding: chunked"], `${size(GOOD)}\r\n${GOOD}\n0\r\n\r\n`),
  ),
  refused(
    "a chunk that ends with CR alone",
    request(["Transfer-Encoding: chunked"], `${size(GOOD)}\r\n${GOOD}\r0\r\n\r\n`),
  ),
  refused(
    "an extension with a LF inside",
    request(["Transfer-Encoding: chunked"], `${size(GOOD)};a\n${GOOD}\r\n0\r\n\r\n`),
  ),
  served("zeros before a size", request(["Transfer-Encoding: chunked"], `0000${size(GOOD)}\r\n${GOOD}\r\n000\r\n\r\n`)),
  served(
    "an extension",
    request(["Transfer-Encoding: chunked"], `${size(GOOD)};a=b;c="d;e"\r\n${GOOD}\r\n0;x\r\n\r\n`),
  ),
  refused(
    "a trailer that looks like a length",
    request(["Transfer-Encoding: chunked"], `${size(GOOD)}\r\n${GOOD}\r\n0\r\nContent-Length: 50\r\n\r\n`),
  ),
  served(
    "a trailer that looks like an id",
    request(["Transfer-Encoding: chunked"], `${size(GOOD)}\r\n${GOOD}\r\n0\r\nX-Request-Id: evil\r\n\r\n`),
  ),
];

/** Lines that do not end, or go on, where one thinks. Source: RFC 9112 §2.2, §5. */
const lines: readonly Smuggled[] = [
  refused("a header that is folded", request([LENGTH, "X-Fold: a", " b: c"], GOOD)),
  refused("a coding that is folded", request(["Transfer-Encoding:", " chunked"], CHUNKED)),
  refused(
    "a header line that ends with LF alone",
    Buffer.from(`POST /v1/completions HTTP/1.1\r\nHost: x\n${LENGTH}\r\n\r\n${GOOD}`),
  ),
  refused(
    "a request whose lines end with LF alone",
    Buffer.from(`POST /v1/completions HTTP/1.1\nHost: x\n${LENGTH}\n\n${GOOD}`),
  ),
  refused("a header line with a CR alone", request([LENGTH, "X-A: a\rX-B: b"], GOOD)),
  refused("a header with NUL in its value", request([LENGTH, "X-A: a\0b"], GOOD)),
  refused("a header with NUL in its name", request([LENGTH, "X-\0A: a"], GOOD)),
  refused("a header name with a space inside", request([LENGTH, "X A: a"], GOOD)),
  refused("a header name with a byte beyond ASCII", request([LENGTH, "X-\xe9: a"], GOOD)),
  refused("a header without a name", request([LENGTH, ": a"], GOOD)),
  refused("a header without a colon", request([LENGTH, "X-A"], GOOD)),
  refused(
    "a space before the first header",
    Buffer.from(`POST /v1/completions HTTP/1.1\r\n Host: x\r\n${LENGTH}\r\n\r\n${GOOD}`),
  ),
  refused("a head of a mebibyte", request([LENGTH, `X-A: ${"a".repeat(1_048_576)}`], GOOD), 431),
  refused(
    "ten thousand header lines",
    request([LENGTH, ...Array.from({ length: 10_000 }, (_, at) => `X-${at}: a`)], GOOD),
    431,
  ),
];

/** The line before the headers. Source: RFC 9112 §3. */
const starts: readonly Smuggled[] = [
  refused("no host", Buffer.from(`POST /v1/completions HTTP/1.1\r\n${LENGTH}\r\n\r\n${GOOD}`)),
  refused("a version that does not exist", request([LENGTH], GOOD, "POST /v1/completions HTTP/1.2")),
  refused("HTTP/2 as text", request([LENGTH], GOOD, "POST /v1/completions HTTP/2.0"), 505),
  refused("the preface of HTTP/2", Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")),
  served("two spaces after the method", request([LENGTH], GOOD, "POST  /v1/completions HTTP/1.1")),
  refused("a tab after the method", request([LENGTH], GOOD, "POST\t/v1/completions HTTP/1.1")),
  refused("a space inside the path", request([LENGTH], GOOD, "POST /v1/comple tions HTTP/1.1")),
  refused("a NUL inside the path", request([LENGTH], GOOD, "POST /v1/completions\0 HTTP/1.1")),
  refused("a method in small letters", request([LENGTH], GOOD, "post /v1/completions HTTP/1.1")),
  { what: "CONNECT", bytes: request([], "", "CONNECT /v1/completions HTTP/1.1"), reaches: [], answers: [] },
  served("HTTP/1.0", request([LENGTH], GOOD, "POST /v1/completions HTTP/1.0")),
  refused(
    "HTTP/1.0 with chunks",
    request(["Transfer-Encoding: chunked"], CHUNKED, "POST /v1/completions HTTP/1.0"),
    501,
  ),
  refused("the words of another protocol", Buffer.from("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "latin1")),
  served("empty lines before the request", Buffer.concat([Buffer.from("\r\n\r\n"), request([LENGTH], GOOD)])),
  refused("a whole URL instead of a path", request([LENGTH], GOOD, "POST http://evil/v1/completions HTTP/1.1"), 404),
  refused("a path with a host", request([LENGTH], GOOD, "POST //evil/v1/completions HTTP/1.1"), 404),
  refused("a path that climbs", request([LENGTH], GOOD, "POST /v1/../v1/completions HTTP/1.1"), 404),
  refused("a path in escapes", request([LENGTH], GOOD, "POST /v1/%63ompletions HTTP/1.1"), 404),
  refused("a fragment", request([LENGTH], GOOD, "POST /v1/completions#a HTTP/1.1"), 404),
];

/** What follows a request on its connection. */
const following: readonly Smuggled[] = [
  served(
    "two requests at once",
    Buffer.concat([request([LENGTH], GOOD), request([`Content-Length: ${json("next").length}`], json("next"))]),
    ["good", "next"],
  ),
  refused(
    "a GET with a body that is a request",
    request([`Content-Length: ${EVIL.length}`], EVIL, "GET /v1/completions HTTP/1.1"),
    405,
  ),
  {
    what: "a GET of health with a body that is a request",
    bytes: request([`Content-Length: ${EVIL.length}`], EVIL, "GET /health HTTP/1.1"),
    reaches: [],
    answers: [200],
  },
  refused(
    "an unknown path with a body that is a request",
    request([`Content-Length: ${EVIL.length}`], EVIL, "POST /nowhere HTTP/1.1"),
    404,
  ),
  served(
    "a request in the body of another",
    request(
      [`Content-Length: ${Buffer.byteLength(`{"model":"m","prompt":"good","x":${JSON.stringify(EVIL)}}`)}`],
      `{"model":"m","prompt":"good","x":${JSON.stringify(EVIL)}}`,
    ),
  ),
  {
    what: "a body that is shorter than its length",
    bytes: request([`Content-Length: ${GOOD.length + 5}`], GOOD),
    reaches: [],
    answers: [400],
    unfinished: true,
  },
  {
    what: "chunks without an end",
    bytes: request(["Transfer-Encoding: chunked"], `${size(GOOD)}\r\n${GOOD}\r\n`),
    reaches: [],
    answers: [400],
    unfinished: true,
  },
  {
    what: "an upgrade that nobody offered",
    bytes: request([LENGTH, "Connection: Upgrade", "Upgrade: h2c"], GOOD),
    reaches: ["good"],
    answers: [200],
  },
  {
    what: "a body for a request that waits for 100",
    bytes: request([LENGTH, "Expect: 100-continue"], GOOD),
    reaches: ["good"],
    answers: [100, 200],
  },
  refused("another thing that is expected", request([LENGTH, "Expect: 200-maybe"], GOOD), 417),
];

/** What one hop says to the next must not be the client's to choose. */
const names: readonly Smuggled[] = [
  served("a header that Connection names", request([LENGTH, "Connection: close, content-length", "X-A: a"], GOOD)),
  served("an id with a line end in escapes", request([LENGTH, "X-Request-Id: a%0d%0ab"], GOOD)),
  served("two ids", request([LENGTH, "X-Request-Id: a", "X-Request-Id: b"], GOOD)),
];

export const smuggled: readonly Smuggled[] = [...framing, ...chunks, ...lines, ...starts, ...following, ...names];
