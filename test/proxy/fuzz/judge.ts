import { type RawMember, rawMembers } from "../fake/raw-json.ts";
import type { Taken } from "../wire/raw-engine.ts";
import type { Fields } from "../wire/write.ts";
import type { AnswerPlan } from "./answer-plan.ts";
import type { FuzzCase, Role } from "./case.ts";
import { carriesTicket, type FuzzFamily, isTogether } from "./families.ts";
import type { Seen } from "./wire-client.ts";

/** What the engines got of one case, through the proxy. */
export interface Got {
  readonly prefill: readonly { attempt: number; taken: Taken }[];
  readonly decode: readonly { attempt: number; taken: Taken }[];
}

export interface Ran {
  readonly family: FuzzFamily;
  readonly it: FuzzCase;
  readonly seen: Seen | undefined;
  readonly got: Got;
}

/** Which engine's answer the client has; undefined: the proxy's own words. */
export function answering({ seen, got }: Ran): { role: Role; attempt: number } | undefined {
  return seen && header(seen.headers, "x-pdctl-error") === undefined ? last(got) : undefined;
}

/** The leg that ran last: a second attempt has a higher number on both. */
function last(got: Got): { role: Role; attempt: number } | undefined {
  const [prefill, decode] = [got.prefill.at(-1)?.attempt, got.decode.at(-1)?.attempt];
  const role = decode !== undefined && decode >= (prefill ?? 0) ? "decode" : "prefill";
  const attempt = role === "decode" ? decode : prefill;
  return attempt === undefined ? undefined : { role, attempt };
}

/** The word for what is wrong, where the proxy itself answered. */
export const errorOf = ({ headers }: Seen) => header(headers, "x-pdctl-error");

/** What the engines must have got. */
export function* judgeRequests({ family, it, got }: Ran): Generator<string> {
  const all = [...got.prefill, ...got.decode];
  if (!it.isObject) {
    if (all.length > 0) yield "what is no JSON object reached an engine";
    return;
  }
  const given = rawMembers(it.body.toString());
  for (const { taken } of all) yield* judgeHead(it, taken);
  for (const { taken } of got.prefill) yield* judgePrefill(family, given, taken.body.bytes.toString());
  for (const { taken, attempt } of got.decode)
    yield* judgeDecode(
      given,
      taken.body.bytes.toString(),
      isTogether(family)
        ? ANY
        : carriesTicket(family) && got.prefill.length > 0
          ? it.answer("prefill", attempt).ticket
          : undefined,
    );
  const seen = got.decode.map(({ attempt }) => attempt);
  if (new Set(seen).size !== seen.length) yield `the same ticket twice: decode attempts ${seen}`;
}

const SET_BY_PROXY = ["content-type", "content-length", "host", "connection", "x-request-id"];
const STAYS_HERE = [
  "cookie",
  "te",
  "keep-alive",
  "x-hop",
  "x-data-parallel-rank",
  "x-prefiller-host-port",
  "transfer-encoding",
  "trailer",
];

function* judgeHead(it: FuzzCase, taken: Taken): Generator<string> {
  if (taken.path !== it.path) yield `path ${taken.path}`;
  if (taken.body.framing !== "length") yield `framing ${taken.body.framing}`;
  if (taken.get("content-type") !== "application/json") yield `content-type ${taken.get("content-type")}`;
  if (taken.all("x-request-id").length !== 1) yield `x-request-id ${taken.all("x-request-id")}`;
  const rest = (fields: Fields) =>
    lined(fields.filter(([name]) => ![...SET_BY_PROXY, ...STAYS_HERE].includes(name.toLowerCase())));
  const [sent, arrived] = [rest(it.headers), rest(taken.headers)];
  if (sent !== arrived) yield `headers ${arrived} instead of ${sent}`;
  for (const name of STAYS_HERE) if (taken.get(name) !== "") yield `${name} was forwarded`;
}

const FORGED = ["kv_transfer_params", "bootstrap_host", "bootstrap_port", "bootstrap_room", "transfer_id"];
const TAKEN_OUT = [
  ...[
    "stream",
    "max_tokens",
    "max_completion_tokens",
    "min_tokens",
    "stream_options",
    "stop",
    "logprobs",
    "top_logprobs",
  ],
  ...["max_output_tokens", "store"],
];

function* judgePrefill(family: Ran["family"], given: readonly RawMember[], raw: string): Generator<string> {
  const got = rawMembers(raw);
  const rest = (members: readonly RawMember[]) =>
    spelled(members.filter(({ key }) => ![...FORGED, ...TAKEN_OUT].includes(key)));
  if (rest(got) !== rest(given)) yield `prefill got ${raw}`;
  const of = (key: string) => got.filter((member) => member.key === key).map(({ text }) => text);
  if (`${of("stream")}` !== "false" || `${of("max_tokens")}` !== "1") yield `prefill got ${raw}`;
  const ticket = of("kv_transfer_params");
  if (family === "shared-store" ? ticket.length > 0 : !asksForKv(ticket)) yield `prefill got the ticket ${ticket}`;
  for (const key of ["stream_options", "stop", "logprobs"]) if (of(key).length > 0) yield `prefill got ${key}`;
}

const ANY = Symbol("whatever the family says");
const asksForKv = ([ticket, ...more]: readonly string[]) =>
  more.length === 0 && ticket?.includes('"do_remote_decode":true') === true;

function* judgeDecode(
  given: readonly RawMember[],
  raw: string,
  ticket: string | typeof ANY | undefined,
): Generator<string> {
  const got = rawMembers(raw);
  const clients = given.filter(({ key }) => !FORGED.includes(key));
  const tickets = got.filter(({ key }) => key === "kv_transfer_params").map(({ text }) => text);
  if (spelled(got.filter(({ key }) => key !== "kv_transfer_params")) !== spelled(clients)) yield `decode got ${raw}`;
  if (ticket === ANY ? tickets.length !== 1 : `${tickets}` !== `${ticket === undefined ? [] : [ticket]}`)
    yield `decode got the ticket ${tickets}, not ${String(ticket)}`;
}

const spelled = (members: readonly RawMember[]) =>
  members.map(({ key, text }) => `${JSON.stringify(key)}:${text}`).join("\n");
/** Lines of one name mean the same as one line with all their values in that order. Source: RFC 9110 §5.3. */
const lined = (fields: Fields) => {
  const values = new Map<string, string[]>();
  for (const [name, value] of fields)
    values.set(name.toLowerCase(), [...(values.get(name.toLowerCase()) ?? []), value]);
  return [...values]
    .map(([name, each]) => `${name}: ${each.join(", ")}`)
    .sort((a, b) => (a < b ? -1 : 1))
    .join("\n");
};
const header = (fields: Fields, wanted: string) => fields.find(([name]) => name.toLowerCase() === wanted)?.[1];

/** The proxy's own answers: each must have its reason in what the engines were told to do. */
export function* judgeOwnWords({ family, it, seen, got }: Ran): Generator<string> {
  if (!seen) return void (yield "the connection ended without an answer");
  const fault = header(seen.headers, "x-pdctl-error") ?? "none";
  const leg = last(got);
  /** The second try went over a connection that its engine was closing: there is no third. */
  const isLost = (at: typeof leg) => at?.role === "prefill" && at.attempt > 0;
  const plan = leg && it.answer(leg.role, leg.attempt);
  const reason: Record<string, boolean> = {
    "request.invalid": !it.isObject && seen.status === 400,
    "kv.missing":
      carriesTicket(family) &&
      seen.status === 502 &&
      leg?.role === "prefill" &&
      plan?.status === 200 &&
      lacksTicket(plan),
    "target.broke":
      seen.status === 502 && plan !== undefined && (plan.cut !== undefined || isDoubtful(plan) || isLost(leg)),
  };
  if (!reason[fault]) yield `the proxy itself answered ${seen.status} ${fault}`;
  if (!seen.whole) yield `${fault} is cut off`;
}

/** Also where the answer goes on to the end of the connection, and that was early: nobody can tell. */
const lacksTicket = ({ ticket, cut, framing }: AnswerPlan) =>
  !cut && (ticket === undefined || framing === "close" || framing === "http10");

/** What the client may see otherwise than through a plain relay. */
const DECLARED: Readonly<Record<string, string>> = {
  "date, connection, keep-alive": "of the client's own connection",
  "content-length, transfer-encoding, trailer":
    "an answer that is no stream has a length; trailers are of one connection",
  "x-request-id, server-timing, x-pdctl-*": "the proxy's own",
};
const OWN = new RegExp(`^(?:${Object.keys(DECLARED).join(", ").replaceAll(", ", "|").replace("*", ".*")})$`);

/** What a client must see of an answer, by what the engine meant with it; undefined: it has no head. */
export const meant = ({ status, headers, comes, cut }: AnswerPlan): Seen | undefined =>
  cut?.head ? undefined : { status, headers, body: comes, whole: cut === undefined };

/** The answer of an engine as the proxy relayed it, beside how a plain relay does, or beside what was meant. */
export function* judgeAnswer(ran: Ran, from: AnswerPlan, plain: Seen | undefined): Generator<string> {
  const { seen } = ran;
  if (!seen) return void (yield "the connection ended without an answer");
  if (plain && header(plain.headers, "x-relay-error") === undefined) {
    if (seen.status !== plain.status) yield `status ${seen.status}, plain ${plain.status}`;
    const rest = (fields: Fields) => lined(fields.filter(([name]) => !OWN.test(name.toLowerCase())));
    if (rest(seen.headers) !== rest(plain.headers)) yield `headers ${rest(seen.headers)}, plain ${rest(plain.headers)}`;
    if (seen.whole !== plain.whole && !isDoubtful(from)) yield `whole ${seen.whole}, plain ${plain.whole}`;
    if (plain.whole && seen.whole && !seen.body.equals(plain.body))
      yield `body ${short(seen.body)}, plain ${short(plain.body)}`;
  } else yield `answered ${seen.status}, where a plain relay had nothing to relay`;
  if (seen.whole) {
    if (from.cut) yield "an answer that was cut off looks whole";
    if (!from.body.subarray(0, seen.body.length).equals(seen.body)) yield `invented bytes: ${short(seen.body)}`;
  } else yield* judgeCut(seen, from);
}

/**
 * One client may say that it is broken, and the same one, when the bytes come otherwise, that it is whole. What is too long has a fault, whoever sees
 * it. An answer that goes on to the end of the connection may have been cut off where that end is a reset; Node shows a reset as an ordinary end
 * when it comes with the last bytes.
 */
export const isDoubtful = ({ framing, then }: AnswerPlan) =>
  framing === "excess" || (then === "rst" && (framing === "close" || framing === "http10"));

/** A stream that broke: what came of it, then an error event, and no end. */
function* judgeCut({ body }: Seen, from: AnswerPlan): Generator<string> {
  if (!from.cut && !isDoubtful(from)) yield "a whole answer was cut off";
  const at = body.lastIndexOf('\n\ndata: {"error":');
  if (at < 0) return void (yield `a broken stream without an error event: ${short(body)}`);
  const relayed = body.subarray(0, at);
  if (!from.body.subarray(0, relayed.length).equals(relayed)) yield `invented bytes: ${short(relayed)}`;
  if (from.then === "fin" && from.framing === "short" && relayed.length < (from.cut?.body ?? 0))
    yield "bytes were lost before the break";
}

const short = (bytes: Buffer) => `${bytes.length} ${JSON.stringify(bytes.toString("latin1", 0, 300))}`;
