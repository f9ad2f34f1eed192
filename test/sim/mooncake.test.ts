import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Engine, engines, eventually, freePorts, promptOf } from "./engines.ts";

const host = engines();
const ASK = { do_remote_decode: true, do_remote_prefill: false };

interface Side {
  readonly http: number;
  readonly kvPort: number;
  readonly args?: string;
  readonly sizes?: object;
  readonly env?: Record<string, string>;
}

const sizes = (dp: number, tp: number) => ({
  prefill: { dp_size: dp, tp_size: tp },
  decode: { dp_size: dp, tp_size: tp },
});
const ascend = {
  ASCEND_RT_VISIBLE_DEVICES: "0,1,2,3",
  VLLM_HOST_IP: "127.0.0.1",
  PYTHONHASHSEED: "0",
  PDCTL_SIM_MODEL_KIND: "moe",
};

function serve(kv: object, { http, args = "-tp 4", env }: Side): Engine {
  const words = `tiny --host 127.0.0.1 --port ${http} --served-model-name m ${args}`.split(" ");
  return host.start([...words, "--kv-transfer-config", JSON.stringify(kv)], { ...ascend, ...env });
}

const transfer = (role: string, side: Side) => ({
  kv_connector: "MooncakeConnectorV1",
  kv_role: role,
  kv_port: side.kvPort,
  kv_connector_extra_config: side.sizes ?? sizes(1, 4),
});

async function side(rest: Partial<Side> = {}): Promise<Side> {
  return { http: await freePorts(1), kvPort: await freePorts(8), ...rest };
}

function ucmFile(): string {
  const backend = join(host.directory, `store-${Math.random()}`);
  mkdirSync(backend);
  const file = `${backend}.yaml`;
  writeFileSync(
    file,
    `ucm_connectors:\n  - ucm_connector_name: UcmPipelineStore\n    ucm_connector_config: { store_pipeline: "Cache|Posix", storage_backends: "${backend}" }\n`,
  );
  return file;
}

describe("Ascend's Mooncake pair, TP 4, with UCM on the prefill side", () => {
  let p: Engine;
  let d: Engine;
  let pSide: Side;
  beforeAll(async () => {
    pSide = await side();
    const dSide = await side();
    const ucm = {
      kv_connector: "UCMConnector",
      kv_role: "kv_both",
      kv_connector_module_path: "ucm.integration.vllm.ucm_connector",
      kv_connector_extra_config: { UCM_CONFIG_FILE: ucmFile() },
    };
    p = serve(
      {
        kv_connector: "MultiConnector",
        kv_role: "kv_producer",
        kv_connector_extra_config: { connectors: [transfer("kv_producer", pSide), ucm] },
      },
      pSide,
    );
    d = serve(transfer("kv_consumer", dSide), dSide);
    await Promise.all([p.ready(), d.ready()]);
  });

  it("KV crosses over the port of every worker, and the text is decode's own", async () => {
    const prompt = promptOf(600, "cross");
    const { kv_transfer_params: params } = (
      await p.complete({ prompt, max_tokens: 1, min_tokens: 1, kv_transfer_params: ASK })
    ).json;
    expect(params).toMatchObject({
      do_remote_prefill: true,
      remote_port: pSide.kvPort,
      remote_ptp_size: 4,
      num_prompt_blocks: 5,
      remote_block_size: 128,
      last_token_id: expect.any(Number),
    });
    expect(Object.keys(params.remote_multi_nodes_meta_mapping)).toEqual(["0", "1", "2", "3"]);
    const answer = await d.complete({ prompt, kv_transfer_params: params });
    expect(answer.json.choices[0].text).toBe((await d.complete({ prompt, cache_salt: "own" })).json.choices[0].text);
    expect(await d.metric("vllm:prompt_tokens_by_source_total", "external_kv_transfer")).toBe(600);
    await eventually(async () => (await p.metric("vllm:kv_cache_usage_perc")) === 0, "prefill let go of its blocks");
  });

  it("the prefill side writes its blocks for UCM and says what it found", async () => {
    const prompt = promptOf(300, "store");
    await p.complete({ prompt, max_tokens: 1, kv_transfer_params: ASK });
    expect(p.output).toContain("total_blocks_num: 2, hit hbm: 0, hit external: 0");
    await p.complete({ prompt, max_tokens: 1, cache_salt: null, kv_transfer_params: ASK });
    expect(p.output).toContain("total_blocks_num: 2, hit hbm: 2, hit external: 0");
  });
});

it("a prefill engine that dies fails the request; one that comes back on its ports is read again", async () => {
  const [pSide, dSide] = [
    await side({ args: "-tp 2", sizes: sizes(1, 2) }),
    await side({ args: "-tp 2", sizes: sizes(1, 2), env: { PDCTL_SIM_HANDSHAKE_TIMEOUT_MS: "1500" } }),
  ];
  const start = () => serve(transfer("kv_producer", pSide), pSide);
  const [p, d] = await Promise.all([start().ready(), serve(transfer("kv_consumer", dSide), dSide).ready()]);
  const ticket = async (on: Engine, prompt: string) =>
    (await on.complete({ prompt, max_tokens: 1, kv_transfer_params: ASK })).json.kv_transfer_params;
  await d.complete({ prompt: promptOf(200, "a"), kv_transfer_params: await ticket(p, promptOf(200, "a")) });
  const params = await ticket(p, promptOf(200, "b"));
  await p.kill();
  expect((await d.complete({ prompt: promptOf(200, "b"), kv_transfer_params: params })).status).toBe(500);
  const again = await start().ready();
  const prompt = promptOf(200, "c");
  const answer = await d.complete({ prompt, kv_transfer_params: await ticket(again, prompt) });
  expect(answer.json.choices[0].text).toBe((await d.complete({ prompt, cache_salt: "own" })).json.choices[0].text);
});

it("two sides with one engine id conflict at the first transfer", async () => {
  const both = await Promise.all(
    ["kv_producer", "kv_consumer"].map(async (role) => {
      const at = await side({ args: "-tp 1", sizes: sizes(1, 1) });
      return serve({ ...transfer(role, at), engine_id: "0" }, at).ready();
    }),
  );
  const [p, d] = both;
  const { kv_transfer_params } =
    (await p?.complete({ prompt: "a b", max_tokens: 1, kv_transfer_params: ASK }))?.json ?? {};
  expect((await d?.complete({ prompt: "a b", kv_transfer_params }))?.status).toBe(500);
  expect(d?.output).toContain("Conflict engine id 0 with local engine id 0");
});

it("KV that nobody fetches is let go after its time", async () => {
  const at = await side({ args: "-tp 1", sizes: sizes(1, 1), env: { VLLM_MOONCAKE_ABORT_REQUEST_TIMEOUT: "0.05" } });
  const p = await serve(transfer("kv_producer", at), at).ready();
  await p.complete({ prompt: promptOf(200), max_tokens: 1, kv_transfer_params: ASK });
  await p.says("Force freed request: cmpl-");
  expect(await p.metric("vllm:kv_cache_usage_perc")).toBe(0);
});

it("a prefill that ends by itself hands nothing over, unless the proxy asks for one token at least", async () => {
  const at = await side();
  const p = await serve(transfer("kv_producer", at), { ...at, env: { PDCTL_SIM_FIRST_TOKEN_EOS: "1" } }).ready();
  const ended = await p.complete({ prompt: "a b", max_tokens: 1, kv_transfer_params: ASK });
  expect(ended.json).toMatchObject({ kv_transfer_params: null, choices: [{ finish_reason: "stop" }] });
  const forced = await p.complete({ prompt: "a b", max_tokens: 1, min_tokens: 1, kv_transfer_params: ASK });
  expect(forced.json.kv_transfer_params).toMatchObject({ do_remote_prefill: true });
  expect(await p.metric("vllm:kv_cache_usage_perc")).toBeGreaterThan(0);
});

it("a worker port that is taken ends the engine with zmq's words", async () => {
  const at = await side();
  await serve(transfer("kv_producer", at), at).ready();
  const second = serve(transfer("kv_producer", at), { ...at, http: await freePorts(1), kvPort: at.kvPort });
  expect(await second.exit).toMatchObject({ code: 1 });
  expect(second.output).toContain(`Address already in use (addr='tcp://127.0.0.1:${at.kvPort}')`);
});

it("ranks of one group share a kv_port without meeting", async () => {
  const [rpc, http, kvPort] = [await freePorts(1), await freePorts(2), await freePorts(8)];
  const rank = (dpn: number) => {
    const at = {
      http: http + dpn,
      kvPort,
      sizes: sizes(2, 4),
      args: `-tp 4 -dp 2 -dpn ${dpn} -dpa 127.0.0.1 -dpp ${rpc}`,
    };
    return serve(transfer("kv_producer", at), at);
  };
  const both = [rank(0), rank(1)];
  await Promise.all(both.map((one) => one.ready()));
  const params = await Promise.all(
    both.map(
      async (one) =>
        (await one.complete({ prompt: "a", max_tokens: 1, kv_transfer_params: ASK })).json.kv_transfer_params,
    ),
  );
  expect(params.map(({ remote_port }) => remote_port)).toEqual([kvPort, kvPort + 4]);
  expect(params.map(({ remote_engine_id }) => remote_engine_id.slice(-4))).toEqual(["_dp0", "_dp1"]);
});

it.each([
  ["sizes that are not this engine's", sizes(1, 2), "are not those of this engine"],
  [
    "a prefill tp below the decode tp",
    { prefill: { dp_size: 1, tp_size: 4 }, decode: { dp_size: 1, tp_size: 8 } },
    "must be greater than or equal to the decode_tp_size",
  ],
  ["sizes left out", {}, "needs prefill"],
])("%s end the engine", async (_, given, says) => {
  const at = await side({ sizes: given });
  const engine = serve(transfer("kv_producer", at), at);
  expect(await engine.exit).toMatchObject({ code: 1 });
  expect(engine.output).toContain(says);
});
