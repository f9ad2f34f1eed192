import { expect, it } from "vitest";
import { ask } from "../client.ts";
import { namesEngine } from "../fake/checks.ts";
import { type Dialect, FakeCluster, type Sent } from "../fake/cluster.ts";
import type { FakeEngine } from "../fake/engine.ts";
import type { Handle, Registry } from "../fake/registry.ts";

/** One leg that is wrong in one way, sent by nobody's proxy. */
interface Wrong {
  readonly id: string;
  readonly what: string;
  readonly dialect?: Dialect;
  readonly at?: "prefill" | "decode";
  readonly dpSize?: number;
  readonly sent?: Partial<Sent>;
  /** From the body of a leg that is right. */
  readonly body?: (right: string) => string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  /** Of decode: before it is sent. */
  readonly before?: (cluster: FakeCluster) => void;
  readonly twice?: true;
}

const CLIENT = '{"model":"m","prompt":"a","max_tokens":3,"stop":["x"]}';
const ASK = '"kv_transfer_params":{"do_remote_decode":true,"do_remote_prefill":false}';
const PREFILL = `{${ASK},"stream":false,"max_tokens":1,"model":"m","prompt":"a"}`;
const RIGHT = { path: "/v1/completions", raw: CLIENT, headers: {}, atDecode: CLIENT, alone: false };
const change = ({ handles }: Registry, to: Partial<Handle>) => {
  for (const handle of handles) Object.assign(handle, to);
};
const put = (member: string) => (right: string) => right.replace("{", `{${member},`);
const swap = (from: string | RegExp, to: string) => (right: string) => right.replace(from, to);
const decode = { at: "decode" } as const;

const wrongs: readonly Wrong[] = [
  { id: "P1", what: "no kv_transfer_params", body: swap(`${ASK},`, "") },
  {
    id: "P1",
    what: "the flags of decode",
    body: swap(
      '"do_remote_decode":true,"do_remote_prefill":false',
      '"do_remote_decode":false,"do_remote_prefill":true',
    ),
  },
  {
    id: "P2",
    what: "the host of another",
    body: swap('"do_remote_prefill":false', '"do_remote_prefill":false,"remote_host":"10.0.0.1"'),
  },
  { id: "P3", what: "a stream", body: swap('"stream":false', '"stream":true') },
  { id: "P4", what: "stream_options", body: put('"stream_options":{"include_usage":true}') },
  { id: "P5", what: "more than one token", body: swap('"max_tokens":1', '"max_tokens":3') },
  { id: "P5", what: "no max_tokens", body: swap('"max_tokens":1,', "") },
  { id: "P6", what: "max_completion_tokens", body: put('"max_completion_tokens":3') },
  { id: "P7", what: "min_tokens", body: put('"min_tokens":3') },
  { id: "P9", what: "two choices", body: put('"n":2') },
  { id: "P9", what: "two prompts", body: swap('"prompt":"a"', '"prompt":["a","b"]') },
  { id: "P10", what: "another prompt", body: swap('"prompt":"a"', '"prompt":"b"') },
  { id: "P10", what: "another path", path: "/v1/chat/completions" },
  { id: "P12", what: "a transfer of the client's", body: put('"transfer_id":"t"') },
  { id: "P13", what: "a prefill leg at decode", ...decode, body: () => PREFILL },
  { id: "P14", what: "kv_transfer_params where nothing is carried", dialect: "ucm", body: put(ASK) },
  { id: "P15", what: "a key twice", body: put('"model":"m"') },
  {
    id: "P15",
    what: "bytes that are no UTF-8",
    body: (right) => Buffer.from(right.replace('"a"', '"\xe9"'), "latin1"),
    sent: {
      members: [
        { key: "prompt", text: '"\ufffd"' },
        { key: "model", text: '"m"' },
      ],
    },
  },
  { id: "D1", what: "no ticket", ...decode, body: () => CLIENT },
  { id: "D1", what: "the flags of prefill", ...decode, body: () => CLIENT.replace("{", `{${ASK},`) },
  { id: "D2", what: "the KV of nobody", ...decode, body: swap("cmpl-x-0", "cmpl-y-0") },
  { id: "D2", what: "another engine", ...decode, body: swap('"engine-', '"motor-') },
  { id: "D3", what: "other blocks", ...decode, body: swap(/\[\[\d+/, "[[99999") },
  {
    id: "D4",
    what: "a number that went through a float",
    ...decode,
    body: swap("9007199254740993", "9007199254740992"),
  },
  { id: "D4", what: "spaces that are gone", ...decode, body: swap(',  "tp_size"', ',"tp_size"') },
  { id: "D5-expired", what: "KV whose time is over", ...decode, before: ({ registry }) => void registry.expire() },
  { id: "D6", what: "KV of another prompt", ...decode, before: ({ registry }) => change(registry, { promptKey: "b" }) },
  { id: "D7", what: "a limit that is not the client's", ...decode, body: swap('"max_tokens":3', '"max_tokens":1') },
  { id: "D7", what: "a member that is gone", ...decode, body: swap(',"stop":["x"]', "") },
  { id: "D7", what: "a member that is new", ...decode, body: put('"ignore_eos":false') },
  {
    id: "D8",
    what: "a ticket for decode alone",
    ...decode,
    before: (cluster) => cluster.remember("x", { ...RIGHT, alone: true }),
  },
  { id: "D8", what: "a prefill leg for decode alone", sent: { alone: true } },
  {
    id: "D9",
    what: "a decode leg at prefill",
    body: swap(
      '"do_remote_decode":true,"do_remote_prefill":false',
      '"do_remote_decode":false,"do_remote_prefill":true',
    ),
    sent: {},
  },
  {
    id: "D10",
    what: "decode before prefill has answered",
    ...decode,
    before: ({ registry }) => change(registry, { state: "running" }),
  },
  {
    id: "D11",
    what: "decode long after prefill",
    ...decode,
    before: ({ registry }) => change(registry, { pinnedAt: -1e9 }),
  },
  { id: "D12", what: "a ticket twice", ...decode, twice: true },
  {
    id: "D13",
    what: "what nobody has stored",
    ...decode,
    dialect: "ucm",
    before: ({ registry }) => registry.stored.clear(),
  },
  { id: "X1", what: "an id with a space", headers: { "x-request-id": "x y" } },
  { id: "X1", what: "another id at decode than at prefill", ...decode, headers: { "x-request-id": "x-r1" } },
  { id: "X3", what: "an id that no client sent", headers: { "x-request-id": "z" } },
  { id: "X4", what: "a key that is not the client's", headers: { authorization: "Bearer None" } },
  { id: "X5", what: "a rank where there is one", headers: { "x-data-parallel-rank": "0" } },
  { id: "X5", what: "no rank where there are two", dpSize: 2 },
  { id: "X5", what: "a rank beyond the last", dpSize: 2, headers: { "x-data-parallel-rank": "2" } },
  { id: "X7", what: "a trace that is not the client's", headers: { traceparent: "00-1-2-00" } },
  { id: "X7", what: "a cookie", headers: { cookie: "a=b" } },
  { id: "X7", what: "a header of one hop", headers: { "keep-alive": "timeout=5" } },
  { id: "X7", what: "gzip", headers: { "accept-encoding": "gzip" } },
  { id: "X7", what: "another type", headers: { "content-type": "text/plain" } },
  { id: "X8", what: "another model", body: swap('"model":"m"', '"model":"n"') },
  { id: "X9", what: "a query that is gone", sent: { path: "/v1/completions?a" } },
];

it.each(wrongs)("a strict engine says $id of $what", async (wrong) => {
  const { id, dialect = "nixl", at = "prefill", dpSize = 1, body = (right) => right } = wrong;
  const cluster = new FakeCluster(dialect);
  const engines = {
    prefill: await cluster.add("prefill", { dpSize }),
    decode: await cluster.add("decode", { dpSize }),
  };
  try {
    cluster.remember("x", { ...RIGHT, ...wrong.sent });
    const right = at === "prefill" ? forPrefill(dialect) : await forDecode(engines.prefill, dialect);
    wrong.before?.(cluster);
    cluster.violations.length = 0;
    for (let left = wrong.twice ? 2 : 1; left > 0; left--) await leg(engines[at], body(right), wrong);
    expect(cluster.violations.map((each) => each.id)).toContain(id);
  } finally {
    await cluster.stop();
  }
});

it("an id that names an engine is told from one whose random part has the same digits (X3)", () => {
  const engine = "http://10.0.0.1:33741";
  expect(namesEngine("___decode_addr_10.0.0.1:33741_ab", engine)).toBe(true);
  expect(namesEngine("x-b933741c1470", engine)).toBe(false);
});

it.each(["nixl", "ucm"] as const)("and of legs that are right it says nothing (%s)", async (dialect) => {
  const cluster = new FakeCluster(dialect);
  const engines = { prefill: await cluster.add("prefill"), decode: await cluster.add("decode") };
  cluster.remember("x", RIGHT);
  const answer = await leg(engines.decode, await forDecode(engines.prefill, dialect), {});
  expect(answer.status, answer.text).toBe(200);
  expect(cluster.violations).toEqual([]);
  await cluster.stop();
});

const forPrefill = (dialect: Dialect) => (dialect === "ucm" ? PREFILL.replace(`${ASK},`, "") : PREFILL);

async function forDecode(prefill: FakeEngine, dialect: Dialect): Promise<string> {
  const { text } = await leg(prefill, forPrefill(dialect), {});
  const ticket = /"kv_transfer_params": (\{.*\})\}$/.exec(text)?.[1];
  return ticket === undefined ? CLIENT : CLIENT.replace("{", `{"kv_transfer_params":${ticket},`);
}

const leg = ({ url }: FakeEngine, body: string | Buffer, { headers = {}, path = "/v1/completions" }: Partial<Wrong>) =>
  ask({
    port: Number(new URL(url).port),
    path,
    body,
    headers: { "content-type": "application/json", "x-request-id": "x", ...headers },
  });
