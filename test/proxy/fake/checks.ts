import type { IncomingMessage } from "node:http";
import type { FakeCluster, Sent } from "./cluster.ts";
import type { FakeEngine } from "./engine.ts";
import { promptKey } from "./model.ts";
import { type RawMember, rawOf } from "./raw-json.ts";

/** One request as an engine got it. */
export interface Arrival {
  readonly engine: FakeEngine;
  readonly cluster: FakeCluster;
  readonly req: IncomingMessage;
  readonly raw: string;
  readonly members: readonly RawMember[];
  readonly id: string;
  /** What the client had sent under this id. */
  readonly sent: Sent;
}

/** A check of proxy-protocols.md §2: its id, and what is wrong, if anything is. */
export type Check = (arrival: Arrival) => Generator<readonly [id: string, detail: string]>;

const value = (arrival: Arrival, key: string): unknown => {
  const raw = rawOf(arrival.members, key);
  return raw === undefined ? undefined : JSON.parse(raw);
};
/** Of kv_transfer_params: which leg this is. */
const flag = (arrival: Arrival, key: string): boolean => {
  const params = value(arrival, "kv_transfer_params");
  return (
    typeof params === "object" &&
    params !== null &&
    Object.entries(params).some(([name, it]) => name === key && it === true)
  );
};
const FORGED = ["bootstrap_host", "bootstrap_port", "bootstrap_room", "transfer_id"];

/** The proxy's own span is between: the same trace, another parent; or a trace of its own. */
const isOfTrace = (seen: unknown, sent: string | undefined) =>
  typeof seen === "string" &&
  /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/.test(seen) &&
  (sent === undefined || (seen.slice(0, 36) === sent.slice(0, 36) && seen !== sent));

/** §2.1 */
export const prefillChecks: Check = function* (arrival) {
  const { cluster, sent, members, req } = arrival;
  yield* cluster.speech.prefill(arrival);
  if ((value(arrival, "stream") ?? false) !== false) yield ["P3", "stream"];
  if (value(arrival, "stream_options") !== undefined) yield ["P4", "stream_options"];
  if (value(arrival, "max_tokens") !== 1) yield ["P5", `max_tokens ${value(arrival, "max_tokens")}`];
  if ((value(arrival, "max_completion_tokens") ?? 1) !== 1) yield ["P6", "max_completion_tokens"];
  if (Number(value(arrival, "min_tokens") ?? 0) > 1) yield ["P7", "min_tokens"];
  for (const key of ["stop", "logprobs", "top_logprobs"]) if (value(arrival, key) !== undefined) yield ["G.8", key];
  if (Number(value(arrival, "n") ?? 1) > 1 || Number(value(arrival, "best_of") ?? 1) > 1)
    yield ["P9", "several choices"];
  const prompt = value(arrival, "prompt");
  if (cluster.dialect !== "ucm" && Array.isArray(prompt) && prompt.length > 1 && typeof prompt[0] !== "number")
    yield ["P9", "several prompts"];
  if (promptKey(req.url ?? "", members) !== promptKey(sent.path, sent.members)) yield ["P10", "another prompt"];
  for (const key of FORGED) if (value(arrival, key) !== undefined) yield ["P12", key];
  const keys = members.map(({ key }) => key);
  if (new Set(keys).size !== keys.length) yield ["P15", `duplicate keys ${keys.join(",")}`];
  if (flag(arrival, "do_remote_prefill")) yield ["D9", "a decode leg at a prefill engine"];
  if (sent.alone === true) yield ["D8", "a prefill leg for a request that goes to decode alone"];
};

/** §2.2; what the handle is good for is checked where it is read. */
export const decodeChecks: Check = function* (arrival) {
  const { cluster, sent, raw } = arrival;
  const ticket = rawOf(arrival.members, "kv_transfer_params");
  if (flag(arrival, "do_remote_decode")) yield ["P13", "a prefill leg at a decode engine"];
  for (const key of FORGED) if (value(arrival, key) !== undefined) yield ["P12", key];
  const alone = sent.alone === "after-both" ? ticket === undefined : sent.alone !== false;
  if (alone && ticket !== undefined) yield ["D8", "kv_transfer_params where there are none"];
  const body = ticket === undefined ? raw : withoutFirst(raw, "kv_transfer_params", ticket);
  if (sent.leaves === true) yield* fetchOnlyChecks(arrival);
  else if (body !== sent.atDecode) yield ["D7", `not the client's bytes: ${body}`];
  if (!alone) yield* cluster.speech.decode(arrival);
};

/** §3.5: what frees the KV of a client that left. */
function* fetchOnlyChecks(arrival: Arrival): Generator<readonly [string, string]> {
  if (value(arrival, "stream") !== false || value(arrival, "max_tokens") !== 1) yield ["L3", "more than one token"];
  for (const key of ["stream_options", "max_completion_tokens"])
    if (value(arrival, key) !== undefined) yield ["L3", key];
  if (Number(value(arrival, "min_tokens") ?? 0) > 1) yield ["L3", "min_tokens"];
}

/** The proxy writes what it sets in front; without it the rest must be the client's text to the byte. */
function withoutFirst(raw: string, key: string, text: string): string {
  const first = `"${key}":${text}`;
  const rest = raw.replace(`{${first},`, "{");
  return rest === raw ? raw.replace(`{${first}`, "{") : rest;
}

/** Whether an id holds an engine's port, as a number of its own: five digits of an id's random part may be the same. */
export const namesEngine = (id: string, url: string): boolean => id.split(/[^A-Za-z0-9]+/).includes(new URL(url).port);

export const ID = /^[A-Za-z0-9._:-]+$/;
const HOP_BY_HOP = ["keep-alive", "te", "trailer", "upgrade", "proxy-authorization", "proxy-connection", "x-hop"];

/** §2.3, on both legs. */
export const crossChecks: Check = function* ({ engine, cluster, req, id, sent, members, raw }) {
  const names = req.rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  if (names.filter((name) => name === "x-request-id").length !== 1 || !ID.test(id)) yield ["X1", `x-request-id ${id}`];
  for (const { url } of cluster.engines) if (namesEngine(id, url)) yield ["X3", `the id holds an address: ${id}`];
  if (sent.headers.authorization !== req.headers.authorization)
    yield ["X4", `authorization ${req.headers.authorization}`];
  const rank = req.headers["x-data-parallel-rank"];
  if (engine.dpSize === 1 ? rank !== undefined : !(Number(rank) >= 0 && Number(rank) < engine.dpSize))
    yield ["X5", `rank ${rank}`];
  for (const name of ["tracestate", "baggage"])
    if (req.headers[name] !== sent.headers[name]) yield ["X7", `${name} ${req.headers[name]}`];
  const { traceparent } = req.headers;
  if (cluster.isTraced ? !isOfTrace(traceparent, sent.headers.traceparent) : traceparent !== sent.headers.traceparent)
    yield ["X7", `traceparent ${traceparent}`];
  for (const name of [...HOP_BY_HOP, "cookie", "x-prefiller-host-port", "expect"])
    if (names.includes(name)) yield ["X7", `${name} was forwarded`];
  if (!["identity", undefined].includes(req.headers["accept-encoding"] as string | undefined))
    yield ["X7", "accept-encoding"];
  if (req.headers["content-type"] !== "application/json") yield ["X7", `content-type ${req.headers["content-type"]}`];
  if (rawOf(members, "model") !== rawOf(sent.members, "model")) yield ["X8", "another model"];
  if (req.url !== sent.path) yield ["X9", `path ${req.url}`];
  if (Number(req.headers["content-length"]) !== Buffer.byteLength(raw)) yield ["P15", "content-length"];
};
