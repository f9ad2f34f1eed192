import type { Fields } from "../../wire/write.ts";
import { Random } from "../random.ts";

/** What one client writes on one connection, to the byte: requests one after the other, some of them spoiled. */
export interface FrontCase {
  readonly index: number;
  readonly bytes: Buffer;
  /** Where the writes are cut. */
  readonly cuts: readonly number[];
  /** When that many bytes are written it waits for nothing any more: it leaves, or closes its side alone. */
  readonly leaves: { readonly at: number; readonly by: "reset" | "half-close" } | undefined;
}

/** Text that may be spoiled, and a body that may not: its prompt says whose it is. */
interface Piece {
  readonly text: string;
  readonly isBody?: true;
}

const SPOILS = [
  ...["\r", "\n", "\0", " ", ":", ";", "0", "f", "-", "+", "\r\n", "\n\n", "\x80", "\t", ",", "\x0b", "/", "_"],
  ...["chunked", "close", "1.0", "\r\n ", "\r\n\r\n", "Content-Length: 0\r\n", "Transfer-Encoding: chunked\r\n"],
] as const;

/** Everything about it follows from the two numbers. */
export function frontCase(seed: number, index: number): FrontCase {
  const random = new Random(seed, index, -1);
  const requests = Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, (_, nth) =>
    request(random, `c${index}.${nth}`),
  );
  const spoils = random.chance(0.5) ? 0 : random.int(1, 2);
  const pieces = spoiled(random, requests.flat(), spoils).map(({ text }) => Buffer.from(text, "latin1"));
  const bytes = Buffer.concat(pieces);
  const ends = requests.map((each) => each.reduce((sum, { text }) => sum + text.length, 0));
  const borders = ends.map((_, at) => ends.slice(0, at + 1).reduce((sum, length) => sum + length, 0));
  const cuts = random.chance(0.01)
    ? Array.from({ length: Math.min(bytes.length, 700) }, (_, at) => at + 1)
    : [...borders.filter((at) => at < bytes.length && random.chance(0.7)), ...random.cuts(bytes.length, 4)];
  const leaves = random.chance(0.06)
    ? { at: random.int(0, bytes.length), by: random.pick(["reset", "half-close", "half-close"] as const) }
    : undefined;
  return { index, bytes, cuts: cuts.sort((a, b) => a - b), leaves };
}

function request(random: Random, prompt: string): readonly Piece[] {
  const body = bodyOf(random, prompt);
  const framed = framing(random, body);
  const method = random.pick(["GET", "HEAD", "PUT", "post", ...POSTS]);
  const target = random.pick([
    "/nowhere",
    "/health",
    "http://evil/v1/completions",
    "//x/v1/completions",
    "*",
    ...PATHS,
  ]);
  const version = random.pick(["HTTP/1.0", "HTTP/1.2", "HTTP/0.9", "HTTP/2.0", "http/1.1", "HTTP/1.10", ...VERSIONS]);
  const line = random.chance(0.95) ? "\r\n" : "\n";
  const fields = shuffled(random, [...headers(random), ...framed.fields]);
  const text = [`${method} ${target} ${version}`, ...fields.map(([name, value]) => `${name}:${gap(random)}${value}`)];
  const before = random.chance(0.03) ? random.pick(["\r\n", "\r\n\r\n", "\n", " "]) : "";
  return [{ text: `${before}${text.join(line)}${line}${line}` }, ...framed.pieces];
}

const POSTS = Array.from({ length: 20 }, () => "POST");
const PATHS = [
  ...Array.from({ length: 9 }, () => "/v1/completions"),
  ...[
    "/v1/chat/completions",
    "/v1/completions?a=b%20c&d",
    "/v1/completions?x=/../y",
    "/v1/completions#a",
    "/V1/completions",
  ],
];
const VERSIONS = Array.from({ length: 24 }, () => "HTTP/1.1");

const gap = (random: Random) => (random.chance(0.9) ? " " : random.pick(["", "\t", "  ", " \t "]));

function bodyOf(random: Random, prompt: string): string {
  if (random.chance(0.05)) return random.pick(["", "{", "[]", "null", `{"model":"m","prompt":"${prompt}"}}`]);
  const inner = random.chance(0.1) ? `,"x":${JSON.stringify(smuggledIn(prompt))}` : "";
  const long = random.chance(0.02) ? `,"y":"${"z".repeat(random.int(1, 200_000))}"` : "";
  return `{"model":"m","prompt":"${prompt}"${inner}${long}}`;
}

/** A request in the body of another: whoever ends that body early reads it as one. */
function smuggledIn(prompt: string): string {
  const body = `{"model":"m","prompt":"${prompt}e"}`;
  return `\r\n0\r\n\r\nPOST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

function headers(random: Random): Fields {
  const maybe = (share: number, name: string, ...values: [string, ...string[]]): Fields =>
    random.chance(share) ? [[name, random.pick(values)]] : [];
  return [
    ...maybe(0.97, random.pick(["Host", "host", "HOST"]), "x", "x:80", ""),
    ...maybe(0.02, "Host", "y"),
    ...maybe(0.4, "Content-Type", "application/json"),
    ...maybe(0.2, "Authorization", "Bearer k-1"),
    ...maybe(0.03, "Authorization", "Bearer k-2"),
    ...maybe(
      0.2,
      "Connection",
      "close",
      "keep-alive",
      "Keep-Alive, x-hop",
      "close, content-length",
      "upgrade",
      "TE",
      "",
    ),
    ...maybe(0.05, "Connection", "close", "x-vendor"),
    ...maybe(0.1, "X-Hop", "1"),
    ...maybe(0.2, "X-Vendor", "a", "a, b", "\xe9\xff", "", "x\ty", "a\0b", "a\rb", "\x01", "\x7f"),
    ...maybe(0.1, "x-vendor", "again"),
    ...maybe(0.05, "Expect", "100-continue", "100-Continue", "200-maybe"),
    ...maybe(0.03, "Upgrade", "h2c", "websocket"),
    ...maybe(0.03, "Keep-Alive", "timeout=9"),
    ...maybe(0.03, "TE", "trailers"),
    ...maybe(0.03, "Trailer", "x-late"),
    ...maybe(0.03, "Proxy-Connection", "keep-alive"),
    ...maybe(0.02, "X-Fold", "a\r\n b", "a\r\n\tb", "\r\n b"),
    ...maybe(0.01, "X-Long", "l".repeat(random.pick([8_000, 15_000, 17_000, 70_000]))),
    ...maybe(0.02, random.pick(["X A", "X-\xe9", "", "X\0", "X-A ", "X\t", "X(", "__proto__", "constructor"]), "a"),
  ];
}

/** How the body says where it ends: mostly rightly. */
function framing(random: Random, body: string): { fields: Fields; pieces: readonly Piece[] } {
  const plain = [{ text: body, isBody: true as const }];
  const length = (text: string): Fields => [[random.pick(["Content-Length", "content-length"]), text]];
  const chunked = (name = "Transfer-Encoding", value = "chunked"): Fields => [[name, value]];
  const right = String(body.length);
  if (random.chance(0.5)) return { fields: length(right), pieces: plain };
  if (random.chance(0.5)) return { fields: chunked(), pieces: chunks(random, body) };
  const codings = [
    "chunked",
    "Chunked",
    " chunked",
    "chunked ",
    "xchunked",
    "gzip, chunked",
    "chunked, chunked",
  ] as const;
  const more = ["identity", "chunked, identity", '"chunked"', "\x0bchunked", ",chunked", "chunked;a=b", ""] as const;
  return random.pick<() => { fields: Fields; pieces: readonly Piece[] }>([
    () => ({ fields: chunked("Transfer-Encoding", random.pick([...codings, ...more])), pieces: chunks(random, body) }),
    () => ({ fields: [...length(right), ...chunked()], pieces: random.chance(0.5) ? plain : chunks(random, body) }),
    () => ({ fields: [...chunked(), ...chunked()], pieces: chunks(random, body) }),
    () => ({ fields: [...length(right), ...length(random.pick([right, "0", "3"]))], pieces: plain }),
    () => ({ fields: length(String(Math.max(0, body.length + random.int(-4, 4)))), pieces: plain }),
    () => ({
      fields: length(random.pick([`+${right}`, `-${right}`, `0x${right}`, `${right}, ${right}`])),
      pieces: plain,
    }),
    () => ({ fields: length(random.pick([`0${right}`, `${right} 0`, "", " ", "1e3", "9".repeat(24)])), pieces: plain }),
    () => ({ fields: length(random.pick(["18446744073709551616", "99999999999", `${right}\0`])), pieces: plain }),
    () => ({ fields: chunked("Transfer-Encoding "), pieces: chunks(random, body) }),
    () => ({ fields: chunked("Transfer_Encoding"), pieces: chunks(random, body) }),
    () => ({ fields: [], pieces: random.chance(0.5) ? plain : [] }),
  ])();
}

function chunks(random: Random, body: string): readonly Piece[] {
  const pieces: Piece[] = [];
  const sizes = [...random.many(3, () => random.int(1, 60)), random.int(1, 90_000)];
  for (let [at, turn] = [0, 0]; at < body.length; turn++) {
    const text = body.slice(at, at + (sizes[turn % sizes.length] ?? 1));
    const digits = text.length.toString(16);
    const size = random.chance(0.9)
      ? digits
      : random.pick([digits.toUpperCase(), `000${digits}`, `${digits} `, `0x${digits}`]);
    const extension = random.chance(0.9)
      ? ""
      : random.pick([";a", ";a=b", ';a="b;c"', ' ;a=" "', ";", `;${"e".repeat(300)}`, ';a="\n"']);
    pieces.push({ text: `${size}${extension}\r\n` }, { text, isBody: true }, { text: "\r\n" });
    at += text.length;
  }
  const trailer = random.chance(0.85)
    ? ""
    : random.pick(["x-late: 1\r\n", "Content-Length: 5\r\n", "X-Request-Id: evil\r\n", "x\r\n", " y: 1\r\n"]);
  const last = random.chance(0.95) ? "0" : random.pick(["00", "0;a", "0 ", "-0", "f".repeat(17), "10000000000000000"]);
  return [...pieces, { text: `${last}\r\n${trailer}\r\n` }];
}

/** Bytes changed outside of bodies. */
function spoiled(random: Random, pieces: readonly Piece[], times: number): readonly Piece[] {
  const left = [...pieces];
  for (let turn = 0; turn < times; turn++) {
    const at = random.int(0, left.length - 1);
    const { text, isBody } = left[at] ?? { text: "" };
    if (isBody) continue;
    const from = random.int(0, text.length);
    left[at] = { text: `${text.slice(0, from)}${random.pick(SPOILS)}${text.slice(from + random.int(0, 3))}` };
  }
  return left;
}

function shuffled<T>(random: Random, from: readonly T[]): T[] {
  const left = [...from];
  return from.flatMap(() => left.splice(random.int(0, left.length - 1), 1));
}
