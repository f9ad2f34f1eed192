import { chunkedText, type Fields, headText } from "../wire/write.ts";
import type { Random } from "./random.ts";

/** One answer of an engine, to the byte: what it means, and how it goes over the wire. */
export interface AnswerPlan {
  readonly status: number;
  readonly headers: Fields;
  readonly body: Buffer;
  readonly framing: "length" | "chunked" | "close" | "http10" | "excess" | "short";
  /** Everything that is written, up to where it is cut off. */
  readonly wire: Buffer;
  /** How the connection goes on after it. */
  readonly then: "stays" | "fin" | "rst" | "hangs";
  /** `wire` ends before the answer does, and at that many bytes of its body. */
  readonly cut: { readonly head: boolean; readonly body: number } | undefined;
  /** The body as far as it comes: where it goes on to the connection's end, a break is an end like any other. */
  readonly comes: Buffer;
  /** Where the writes are cut. */
  readonly cuts: readonly number[];
  /** Of prefill: the text of its ticket; undefined: it hands out none that could be used. */
  readonly ticket?: string | undefined;
}

export interface Meaning {
  readonly status: number;
  readonly headers: Fields;
  readonly body: Buffer;
  readonly ticket?: string | undefined;
}

const INTERIM = ["HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", "HTTP/1.1 102 Processing\r\n\r\n"] as const;
const REASONS = ["OK", "", "Some words", "\xe9"] as const;

/** Frames an answer in one of the ways that HTTP knows, and breaks some of them off. */
export function plan(random: Random, meaning: Meaning, faulty: number): AnswerPlan {
  const { status, body } = meaning;
  const isBare = status === 204 || status === 304;
  const framing: AnswerPlan["framing"] = isBare
    ? "length"
    : random.pick<AnswerPlan["framing"]>([
        "length",
        "length",
        "chunked",
        "chunked",
        "chunked",
        "close",
        "http10",
        "excess",
        "short",
      ]);
  const closes = framing === "close" || framing === "http10" || framing === "short" || random.chance(0.05);
  const [start, fields] = frame(random, meaning, framing, isBare, closes);
  const interim = random.chance(0.05) ? random.pick(INTERIM) : "";
  const head = Buffer.concat([Buffer.from(interim, "latin1"), headText(start, fields)]);
  const sizes = [...random.many(3, () => random.int(1, 40)), random.int(1, 5_000)];
  const decoration = {
    extension: random.chance(0.1) ? random.pick([";a=b", ';x="q;1"']) : "",
    trailers: random.chance(0.1) ? ([["x-trailer", "t"]] as const) : [],
  };
  const text =
    framing === "chunked"
      ? chunkedText(body, sizes, decoration)
      : framing === "excess"
        ? Buffer.concat([
            body,
            Buffer.from(random.pick(["x", "\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad"])),
          ])
        : isBare
          ? Buffer.alloc(0)
          : body;
  const all = Buffer.concat([head, text]);
  const breaks = random.chance(faulty);
  const end = breaks ? random.int(0, Math.max(0, all.length - 1)) : all.length;
  const wire = all.subarray(0, end);
  const bodyEnd = end - head.length;
  const isCut = framing === "short" || (breaks && isIncomplete(framing, bodyEnd, text.length, body.length));
  return {
    ...meaning,
    framing,
    wire,
    then: breaks ? random.pick(["fin", "rst"]) : closes ? "fin" : "stays",
    cut: isCut || (breaks && end < head.length) ? { head: end < head.length, body: Math.max(0, bodyEnd) } : undefined,
    comes: framing === "close" || framing === "http10" ? body.subarray(0, Math.max(0, bodyEnd)) : body,
    cuts: random.cuts(framing === "excess" ? Math.min(wire.length, head.length) : wire.length, 4), // what is too long comes with the rest
  };
}

/** The same, as far as it comes before it stands still: for a client that does not stay to the end. */
export function standing(random: Random, it: AnswerPlan): AnswerPlan {
  const wire = it.wire.subarray(0, random.int(0, it.wire.length));
  return { ...it, wire, then: "hangs", cuts: random.cuts(wire.length, 2) };
}

/** An answer that goes on to the connection's end is whole wherever that is; one that was too long is whole at its length. */
function isIncomplete(framing: AnswerPlan["framing"], at: number, text: number, body: number): boolean {
  if (at < 0) return true;
  if (framing === "close" || framing === "http10") return false;
  return framing === "excess" ? at < body : at < text;
}

function frame(
  random: Random,
  { status, headers, body }: Meaning,
  framing: AnswerPlan["framing"],
  isBare: boolean,
  closes: boolean,
): [string, Fields] {
  const version = framing === "http10" ? "HTTP/1.0" : "HTTP/1.1";
  const start = `${version} ${status} ${random.pick(REASONS)}`;
  const length = (bytes: number) => [[random.pick(["content-length", "Content-Length"]), String(bytes)] as const];
  const own: Fields =
    isBare || framing === "close" || framing === "http10"
      ? []
      : framing === "chunked"
        ? [[random.pick(["transfer-encoding", "Transfer-Encoding"]), random.pick(["chunked", "Chunked"])]]
        : length(framing === "short" ? body.length + random.int(1, 50) : body.length);
  const connection: Fields = closes && framing !== "http10" && random.chance(0.9) ? [["connection", "close"]] : [];
  return [start, [...headers, ...own, ...connection]];
}
