import { chunkedText, type Fields, headText } from "../wire/write.ts";
import { type AnswerPlan, plan, standing } from "./answer-plan.ts";
import { object, string, value } from "./json-text.ts";
import { Random } from "./random.ts";

/** One request of a client, to the byte, and what the engines answer to each of its attempts. */
export interface FuzzCase {
  readonly index: number;
  readonly method: string;
  readonly path: string;
  readonly body: Buffer;
  /** The body is a JSON object, by JSON.parse. */
  readonly isObject: boolean;
  readonly headers: Fields;
  readonly streams: boolean;
  /** How the body is framed; the head and the body are written with these cuts. */
  readonly wire: (extra: Fields) => Buffer;
  readonly cuts: readonly number[];
  /** The client leaves when it has read that many bytes of its answer, or, at -1, as soon as it has sent its request; at the latest after so many ms. */
  readonly leaves: { readonly at: number; readonly ms: number } | undefined;
  /** How long the client reads nothing of its answer, ms. */
  readonly dawdles: number;
  /** What an engine answers to this attempt: made when it is asked for, as most cases have one of each. */
  readonly answer: (role: Role, attempt: number) => AnswerPlan;
}

export type Role = "prefill" | "decode";

/** Everything about it follows from the two numbers. */
export function fuzzCase(seed: number, index: number): FuzzCase {
  const random = new Random(seed, index);
  const streams = random.chance(0.5);
  const text = random.chance(0.04) ? spoiled(random, bodyText(random, streams)) : bodyText(random, streams);
  const body = Buffer.from(text);
  const path = `${random.pick(["/v1/completions", "/v1/chat/completions"])}${random.pick(["", "", "", "?a=b%20c&d", "?x=%2F..&/y"])}`;
  const headers = requestHeaders(random);
  const framed = framing(random, body);
  const faulty = random.chance(0.6) ? 0 : 0.35;
  const isObject = isJsonObject(body);
  const leaves = random.chance(0.05) ? { at: random.int(-1, 400), ms: random.int(0, 40) } : undefined;
  const wire = (extra: Fields) =>
    Buffer.concat([
      headText(`POST ${path} HTTP/1.1`, [["Host", "x"], ...headers, ...extra, ...framed.fields]),
      framed.text,
    ]);
  return {
    index,
    method: "POST",
    path,
    body,
    isObject,
    headers,
    streams,
    wire,
    cuts: random.cuts(framed.text.length + 200, 3),
    leaves,
    dawdles: random.chance(0.005) ? random.int(1, 60) : 0,
    answer: once((role, attempt) => {
      const own = new Random(seed, index, 1 + 2 * attempt + (role === "decode" ? 1 : 0));
      const it =
        role === "prefill"
          ? prefillPlan(own, faulty)
          : decodePlan(own, { streams, counts: countsTokens(body) }, faulty);
      return leaves && own.chance(0.5) ? standing(own, it) : it;
    }),
  };
}

/** One answer for one attempt, however often it is asked for. */
function once(make: FuzzCase["answer"]): FuzzCase["answer"] {
  const made = { prefill: [] as AnswerPlan[], decode: [] as AnswerPlan[] };
  return (role, attempt) => (made[role][attempt] ??= make(role, attempt));
}

/** Which client keys a request has: what shapes the legs, what must not get through, and what nobody knows. */
function bodyText(random: Random, streams: boolean): string {
  const maybe = (share: number, key: string, make: () => string): [string, string][] =>
    random.chance(share) ? [[key, make()]] : [];
  const count = () => String(random.int(2, 900));
  return object(random, [
    ["model", '"m"'],
    random.chance(0.9) ? ["prompt", string(random, random.chance(0.02) ? 20_000 : 20)] : ["messages", value(random, 4)],
    ...(streams || random.chance(0.3) ? ([["stream", String(streams)]] as [string, string][]) : []),
    ...maybe(0.3, "stream_options", () => '{"include_usage":true}'),
    ...maybe(0.6, "max_tokens", count),
    ...maybe(0.3, "max_completion_tokens", count),
    ...maybe(0.2, "min_tokens", () => "2"),
    ...maybe(0.2, "stop", () => value(random, 1)),
    ...maybe(0.1, "logprobs", () => "1"),
    ...maybe(0.1, "seed", () => "9007199254740993"),
    ...maybe(0.05, "max_tokens", count),
    ...maybe(0.05, "kv_transfer_params", () => value(random)),
    ...maybe(0.03, "kv\\u005ftransfer_params", () => value(random)),
    ...maybe(0.03, "transfer_id", () => value(random, 1)),
    ...maybe(0.03, "bootstrap_room", () => "9223372036854775807"),
    ...random.many(4, () => [`x_${random.int(0, 9)}`, value(random)] as [string, string]),
  ]);
}

/** Changed in one place, so that it may be no JSON any more. */
function spoiled(random: Random, text: string): string {
  const at = random.int(0, text.length - 1);
  const with_ = random.pick(["", ",", "}", "{", '"', "\\", "\u0001", "1", "tru", "//", "\ufeff"]);
  return `${text.slice(0, at)}${with_}${text.slice(at + random.int(0, 1))}`;
}

interface Wish {
  readonly streams: boolean;
  /** The answer says how many tokens there were. */
  readonly counts: boolean;
}

const usageOf = (cached: number) => `{"prompt_tokens":9,"prompt_tokens_details":{"cached_tokens":${cached},"x":1}}`;
/** As decode counts: a number that stands nowhere else. */
export const DECODES_COUNT = 770_077;
const USAGE = usageOf(DECODES_COUNT);

/** Of a stream only where the client asks for it. */
function countsTokens(body: Buffer): boolean {
  if (!isJsonObject(body)) return false;
  const { stream, stream_options: options } = JSON.parse(body.toString());
  return stream !== true || options?.include_usage === true;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function isJsonObject(body: Buffer): boolean {
  try {
    const it: unknown = JSON.parse(strictUtf8.decode(body));
    return typeof it === "object" && it !== null && !Array.isArray(it);
  } catch {
    return false;
  }
}

function requestHeaders(random: Random): Fields {
  const maybe = (share: number, name: string, text: string): Fields => (random.chance(share) ? [[name, text]] : []);
  return [
    ...maybe(
      0.9,
      random.pick(["content-type", "Content-Type"]),
      random.pick(["application/json", "text/plain", "application/json; charset=utf-8"]),
    ),
    ...maybe(0.5, "Authorization", "Bearer k-1"),
    ...maybe(0.2, "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    ...maybe(0.1, "X-Vendor", random.pick(["a", "a, b", "\xe9\xff", 'q="1;2"', "", "x\ty"])),
    ...maybe(0.1, "x-vendor", "again"),
    ...maybe(0.1, "Cookie", "s=1"),
    ...maybe(0.1, "Accept", random.pick(["*/*", "text/event-stream"])),
    ...maybe(0.05, "TE", "trailers"),
    ...maybe(0.05, "Keep-Alive", "timeout=9"),
    ...(random.chance(0.05)
      ? ([
          ["Connection", "x-hop, keep-alive"],
          ["X-Hop", "1"],
        ] as const)
      : []),
    ...maybe(0.05, "x-data-parallel-rank", "3"),
    ...maybe(0.05, "x-prefiller-host-port", "10.0.0.1:1"),
  ];
}

function framing(random: Random, body: Buffer): { fields: Fields; text: Buffer } {
  if (random.chance(0.6)) return { fields: [["Content-Length", String(body.length)]], text: body };
  const sizes = [...random.many(3, () => random.int(1, 60)), random.int(1, 9_000)];
  const extension = random.chance(0.2) ? ";ext=1" : "";
  const trailers = random.chance(0.1) ? ([["x-late", "1"]] as const) : [];
  return { fields: [["Transfer-Encoding", "chunked"]], text: chunkedText(body, sizes, { extension, trailers }) };
}

const JSON_TYPE = ["content-type", "application/json"] as const;

function prefillPlan(random: Random, faulty: number): AnswerPlan {
  if (random.chance(faulty / 2)) return plan(random, refusal(random), faulty / 2);
  const ticket = object(random, [
    ["do_remote_prefill", "true"],
    ["do_remote_decode", "false"],
    ["remote_block_ids", random.pick(["[[1,2,3]]", "[ [ 9007199254740993 ] ]", "[7]"])],
    ["remote_engine_id", string(random, 3)],
    ["remote_request_id", string(random, 3)],
    ["remote_host", '"10.9.8.7"'],
    ["remote_port", "5600"],
    ...random.many(3, () => [`x_${random.int(0, 9)}`, value(random)] as [string, string]),
  ]).trim();
  const none = random.chance(faulty / 3);
  const body = object(random, [
    ["id", '"x"'],
    ["choices", '[{"text":"x"}]'],
    ...(random.chance(0.5) ? [["usage", usageOf(random.int(0, 99))] as [string, string]] : []),
    ...(none
      ? random.pick<[string, string][]>([[], [["kv_transfer_params", "null"]], [["kv_transfer_params", "{}"]]])
      : [["kv_transfer_params", ticket] as [string, string]]),
  ]);
  const headers = [JSON_TYPE];
  return plan(random, { status: 200, headers, body: Buffer.from(body), ticket: none ? undefined : ticket }, faulty / 2);
}

function decodePlan(random: Random, { streams, counts }: Wish, faulty: number): AnswerPlan {
  if (random.chance(faulty / 2)) return plan(random, refusal(random), faulty / 2);
  const headers: Fields = [
    [
      "content-type",
      streams ? random.pick(["text/event-stream", "text/event-stream; charset=utf-8"]) : "application/json",
    ],
    ...(random.chance(0.2) ? ([["cache-control", "no-cache"]] as const) : []),
    ...(random.chance(0.1)
      ? ([
          ["set-cookie", "a=1"],
          ["Set-Cookie", "b=2"],
        ] as const)
      : []),
    ...(random.chance(0.1) ? ([["X-Vendor", random.pick(["\xe9\xfc", "a, b", "", "x\ty"])]] as const) : []),
  ];
  const body = Buffer.from(
    streams
      ? events(random, counts, faulty)
      : object(random, [
          ["choices", value(random)],
          ["x", value(random)],
          ...(counts && random.chance(0.4) ? ([["usage", USAGE]] as const) : []),
        ]),
  );
  return plan(random, { status: 200, headers, body }, faulty);
}

/** What an engine says when it will not. */
function refusal(random: Random): { status: number; headers: Fields; body: Buffer } {
  const status = random.pick([400, 401, 404, 422, 429, 500, 502, 503, 504, 418, 204, 301]);
  const headers: Fields = [
    JSON_TYPE,
    ...(random.chance(0.3) ? ([["Retry-After", random.pick(["0", "7", "soon"])]] as const) : []),
  ];
  return {
    status,
    headers,
    body:
      status === 204 ? Buffer.alloc(0) : Buffer.from(random.pick(["", '{"error":{"message":"no", "code":1}}', "no"])),
  };
}

function events(random: Random, counts: boolean, faulty: number): string {
  const end = random.pick(["\n\n", "\r\n\r\n"]);
  const error = random.chance(faulty / 4)
    ? [`data: {"error": {"message": "x", "code": ${random.pick([500, 400, '"500"'])}}}`]
    : [];
  const tokens = random.many(random.chance(0.002) ? 20_000 : 6, () =>
    random.pick([": ping", `data: {"choices":[{"text":${string(random)}}]}`, "event: x\ndata: 1"]),
  );
  const usage = counts && random.chance(0.4) ? [`data: {"choices":[],"usage":${USAGE}}`] : [];
  return [...error, ...tokens, ...usage, "data: [DONE]"].map((event) => `${event}${end}`).join("");
}
