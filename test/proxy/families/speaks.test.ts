import { once } from "node:events";
import { createServer } from "node:http";
import { expect, it } from "vitest";
import { ask, openAsk } from "../client.ts";
import { type Dialect, FakeCluster } from "../fake/cluster.ts";
import type { FakeEngine } from "../fake/engine.ts";

type Params = Readonly<Record<string, unknown>>;

/** Two legs that run at once, sent by nobody's proxy, one of them wrong in one way. */
interface Wrong {
  readonly dialect: Dialect;
  readonly id: string;
  readonly what: string;
  readonly prefill?: (right: Params) => Params;
  readonly decode?: (right: Params) => Params;
  readonly ids?: readonly [prefill: string, decode: string];
  readonly twice?: true;
}

const put = (more: Params) => (right: Params) => ({ ...right, ...more });
const without = (gone: string) => (right: Params) =>
  Object.fromEntries(Object.entries(right).filter(([key]) => key !== gone));

const wrongs: readonly Wrong[] = [
  { dialect: "mooncake", id: "P1", what: "the flags of decode", prefill: put({ do_remote_decode: false }) },
  { dialect: "mooncake", id: "C4", what: "no transfer_id at prefill", prefill: without("transfer_id") },
  { dialect: "mooncake", id: "C4", what: "no bootstrap server", decode: without("remote_bootstrap_addr") },
  { dialect: "mooncake", id: "C4", what: "blocks, which nobody knows yet", decode: put({ remote_block_ids: [[1]] }) },
  { dialect: "mooncake", id: "D1", what: "the flags of prefill", decode: put({ do_remote_prefill: false }) },
  { dialect: "mooncake", id: "D2", what: "a server of nobody", decode: put({ remote_bootstrap_addr: "http://h:1" }) },
  { dialect: "mooncake", id: "D2", what: "an engine of nobody", decode: put({ remote_engine_id: "e" }) },
  { dialect: "mooncake", id: "X1", what: "two ids", ids: ["x", "y"] },
  { dialect: "mooncake", id: "X2", what: "a transfer that comes again", twice: true },
  { dialect: "nixl-push", id: "P2", what: "an engine at prefill", prefill: put({ remote_engine_id: "e" }) },
  { dialect: "nixl-push", id: "C5", what: "no tp_size", decode: without("tp_size") },
  { dialect: "nixl-push", id: "C5", what: "no remote_request_id", decode: without("remote_request_id") },
  { dialect: "nixl-push", id: "C5", what: "two transfers", decode: put({ transfer_id: "xfer-2" }) },
  { dialect: "nixl-push", id: "X6", what: "the port of another rank", decode: put({ remote_port: 5601 }) },
  { dialect: "nixl-push", id: "X2", what: "an id that comes again", twice: true },
  { dialect: "moriio-write", id: "P2", what: "an engine id", prefill: put({ remote_engine_id: "e" }) },
  { dialect: "moriio-write", id: "C4", what: "no address at decode", decode: without("remote_host") },
  { dialect: "moriio-write", id: "C4", what: "another's port", prefill: put({ remote_notify_port: 61_006 }) },
  { dialect: "moriio-write", id: "C4", what: "another's size", decode: put({ remote_tp_size: 1 }) },
  {
    dialect: "layerwise",
    id: "C6",
    what: "a prefill that is not told where to write",
    prefill: put({ remote_block_ids: [] }),
  },
  { dialect: "layerwise", id: "C6", what: "bytes that decode did not say", prefill: put({ remote_port: 1 }) },
  { dialect: "layerwise", id: "C6", what: "nobody to call", decode: without("metaserver") },
];

it.each(wrongs)("a strict engine of $dialect says $id of $what", async (wrong) => {
  const cluster = await standing(wrong.dialect);
  try {
    for (let left = wrong.twice ? 2 : 1; left > 0; left--) await both(cluster, wrong);
    expect(cluster.violations.map(({ id }) => id)).toContain(wrong.id);
  } finally {
    await cluster.stop();
  }
});

it.each(["mooncake", "nixl-push", "moriio-write", "layerwise"] as const)(
  "and of legs that are right it says nothing (%s)",
  async (dialect) => {
    const cluster = await standing(dialect);
    try {
      const [prefill, decode] = await both(cluster, { dialect });
      expect([prefill?.status, decode?.status]).toEqual([200, 200]);
      expect(cluster.violations).toEqual([]);
      expect(cluster.registry.held()).toEqual([]);
    } finally {
      await cluster.stop();
    }
  },
);

it("a prefill that is let go while it writes into decode's memory is seen", async () => {
  const cluster = await standing("moriio-write");
  try {
    const [p, d] = [cluster.role("prefill")[0], cluster.role("decode")[0]];
    if (!p || !d) throw new Error("two engines");
    p.faults.push({ kind: "paced", before: () => new Promise(() => undefined) });
    const [lost, came, at] = [p.next("aborted"), d.next("arrival"), p.next("arrival")];
    const legs = right("moriio-write", p, d);
    const prefill = open(p, bodyOf(legs.prefill, "prefill"));
    const decode = open(d, bodyOf(legs.decode, "decode"));
    await Promise.all([came, at]);
    prefill.leave();
    await lost;
    expect(cluster.violations.map(({ id }) => id)).toEqual(["L-cut"]);
    decode.leave();
  } finally {
    await cluster.stop();
  }
});

const CLIENT = '"model":"m","prompt":"a","max_tokens":3';

async function standing(dialect: Dialect): Promise<FakeCluster> {
  const cluster = new FakeCluster(dialect);
  await cluster.add("prefill");
  await cluster.add("decode");
  for (const id of ["x", "y"])
    cluster.remember(id, {
      path: "/v1/completions",
      raw: `{${CLIENT}}`,
      headers: {},
      atDecode: `{${CLIENT}}`,
      alone: false,
    });
  return cluster;
}

/** Resolves when the violations of both are there; decode that waits for ever is let go. */
async function both(
  cluster: FakeCluster,
  { dialect, prefill = (it) => it, decode = (it) => it, ids = ["x", "x"] }: Omit<Wrong, "id" | "what">,
) {
  const [p, d] = [cluster.role("prefill")[0], cluster.role("decode")[0]];
  if (!p || !d) throw new Error("two engines");
  const legs = right(dialect, p, d);
  const server = dialect === "layerwise" ? await metaserver() : undefined;
  const told = server ? { ...legs.decode, metaserver: server.url } : legs.decode;
  const atDecode = leg(d, bodyOf(decode(told), "decode"), ids[1]);
  const said = server && "metaserver" in decode(told) ? await server.said : undefined;
  if (server && said === undefined) await until(() => cluster.violations.length > 0);
  const atPrefill = await leg(
    p,
    said === undefined ? bodyOf(prefill(legs.prefill), "prefill") : rewritten(said, prefill),
    ids[0],
  );
  await until(() => cluster.violations.length > 0 || cluster.registry.held().length === 0);
  const ended = cluster.violations.length === 0 ? await atDecode : undefined;
  server?.answer();
  if (ended === undefined) await d.stop();
  await atDecode.catch(() => undefined);
  if (ended === undefined) await d.start();
  return [atPrefill, ended] as const;
}

const leg = ({ url }: FakeEngine, body: string, id: string) =>
  ask({
    port: Number(new URL(url).port),
    body,
    headers: { "content-type": "application/json", "x-request-id": id },
  });

const open = ({ url }: FakeEngine, body: string) =>
  openAsk({
    port: Number(new URL(url).port),
    body,
    headers: { "content-type": "application/json", "x-request-id": "x" },
  });

const bodyOf = (params: Params, side: "prefill" | "decode") =>
  side === "decode"
    ? `{"kv_transfer_params":${JSON.stringify(params)},${CLIENT}}`
    : `{"kv_transfer_params":${JSON.stringify(params)},"stream":false,"max_tokens":1,"model":"m","prompt":"a"}`;

/** What decode said, as it came, unless it is to be wrong. */
function rewritten(said: string, wrong: (right: Params) => Params): string {
  const params: Params = JSON.parse(said);
  const text = wrong(params) === params ? said : JSON.stringify(wrong(params));
  return `{"kv_transfer_params":${text},"stream":false,"max_tokens":1,"model":"m","prompt":"a"}`;
}

/** What a proxy would tell each of the two. */
function right(dialect: Dialect, p: FakeEngine, d: FakeEngine): { readonly prefill: Params; readonly decode: Params } {
  const [ofPrefill, ofDecode] = [
    { do_remote_decode: true, do_remote_prefill: false },
    { do_remote_decode: false, do_remote_prefill: true },
  ];
  if (dialect === "mooncake") {
    const transfer_id = "xfer-1";
    const at = { remote_bootstrap_addr: p.bootstrapUrl, remote_engine_id: p.engineIds[0] };
    return { prefill: { ...ofPrefill, transfer_id }, decode: { ...ofDecode, transfer_id, ...at } };
  }
  if (dialect === "nixl-push") {
    const transfer_id = "xfer-1";
    const nowhere = { remote_engine_id: null, remote_block_ids: null, remote_host: null, remote_port: null };
    const { host, ranks, tp_size, pp_size } = p.told.nixl ?? { host: "", ranks: [], tp_size: 0, pp_size: 0 };
    const at = { remote_engine_id: ranks[0]?.engine_id, remote_host: host, remote_port: ranks[0]?.port };
    return {
      prefill: { ...ofPrefill, ...nowhere, transfer_id },
      decode: { ...ofDecode, ...at, tp_size, pp_size, remote_request_id: "x", transfer_id },
    };
  }
  if (dialect === "moriio-write") {
    const shared = { remote_engine_id: null, remote_block_ids: null, transfer_id: "tx-1" };
    return { prefill: { ...ofPrefill, ...shared, ...peer(d) }, decode: { ...ofDecode, ...shared, ...peer(p) } };
  }
  return { prefill: {}, decode: ofDecode };
}

function peer({ told }: FakeEngine): Params {
  const { host, handshake_port, notify_port, tp_size, dp_size } = told.moriio ?? {};
  return {
    ...{ remote_host: host, remote_handshake_port: handshake_port, remote_notify_port: notify_port },
    ...{ remote_tp_size: tp_size, remote_dp_size: dp_size },
  };
}

/** Takes decode's call, and answers it when it may. */
async function metaserver() {
  let [hear, answer] = [(_: string) => {}, () => {}];
  const said = new Promise<string>((resolve) => {
    hear = resolve;
  });
  const server = createServer(async (req, res) => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk);
    answer = () => {
      res.end('{"status":"ok"}');
      server.close();
    };
    hear(Buffer.concat(chunks).toString());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return { url: `http://127.0.0.1:${port}/v1/metaserver?key=k`, said, answer: () => answer() };
}

async function until(look: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 10_000; !look(); await new Promise((resolve) => setImmediate(resolve)))
    if (performance.now() > deadline) throw new Error("it does not come about");
}
