import { beforeAll, describe, expect, it } from "vitest";
import { type Engine, engines, eventually, freePorts, promptOf } from "./engines.ts";

const host = engines();
const ASK = { do_remote_decode: true, do_remote_prefill: false };

async function engine(
  role: "kv_producer" | "kv_consumer",
  options: { kv?: object; args?: string[]; env?: Record<string, string> } = {},
): Promise<Engine> {
  const port = await freePorts(2);
  return host.start(
    [
      "pdctl/stand-in",
      ...["--host", "127.0.0.1", "--port", String(port), "--served-model-name", "m"],
      ...["--kv-transfer-config", JSON.stringify({ kv_connector: "NixlConnector", kv_role: role, ...options.kv })],
      ...(options.args ?? []),
    ],
    { VLLM_NIXL_SIDE_CHANNEL_HOST: "127.0.0.1", VLLM_NIXL_SIDE_CHANNEL_PORT: String(port + 1), ...options.env },
  );
}

const started = async (...args: Parameters<typeof engine>) => (await engine(...args)).ready();

const prefill = async (p: Engine, prompt: string, headers: Record<string, string> = {}) =>
  (await p.complete({ prompt, max_tokens: 1, kv_transfer_params: ASK }, headers)).json.kv_transfer_params;
const pull = (d: Engine, prompt: string, params: object) => d.complete({ prompt, kv_transfer_params: params });
const own = async (d: Engine, prompt: string) =>
  (await d.complete({ prompt, cache_salt: `s${Math.random()}` })).json.choices[0].text;

let p: Engine;
let d: Engine;
beforeAll(async () => {
  [p, d] = await Promise.all([engine("kv_producer"), engine("kv_consumer")]);
  await Promise.all([p.ready(), d.ready()]);
});

const QUERIES = "vllm:external_prefix_cache_queries_total";

describe("a pair over NIXL", () => {
  it("the prefill answer has the fields that decode needs, in vLLM's shape", async () => {
    const params = await prefill(p, promptOf(300, "shape"), { "x-request-id": "r1" });
    expect(params).toMatchObject({
      do_remote_prefill: true,
      do_remote_decode: false,
      remote_host: "127.0.0.1",
      tp_size: 1,
      remote_num_tokens: 300,
      transfer_mode: "pull",
      remote_blocks_expiry_time: null,
      remote_prefill_cached_tokens: 0,
    });
    expect(params.remote_block_ids).toEqual([[expect.any(Number), expect.any(Number), expect.any(Number)]]);
    expect(params.remote_request_id).toMatch(/^cmpl-r1-0-[0-9a-f]{8}$/);
    await pull(d, promptOf(300, "shape"), params);
  });

  it("KV that crossed gives the text that decode alone gives, and the counters show the bytes", async () => {
    const prompt = promptOf(600, "cross");
    const bytes = await d.metric("vllm:nixl_bytes_transferred_sum");
    const external = await d.metric("vllm:prompt_tokens_by_source_total", "external_kv_transfer");
    const [cached, asked] = [await d.metric("vllm:prompt_tokens_cached_total"), await p.metric(QUERIES)];
    const answer = await pull(d, prompt, await prefill(p, prompt));
    expect(answer.json.usage).toMatchObject({ prompt_tokens: 600, completion_tokens: 8 });
    expect(answer.json.choices[0].text).toBe(await own(d, prompt));
    expect((await d.metric("vllm:nixl_bytes_transferred_sum")) - bytes).toBe(5 * 128 * 32);
    expect((await d.metric("vllm:prompt_tokens_by_source_total", "external_kv_transfer")) - external).toBe(600);
    expect((await d.metric("vllm:prompt_tokens_cached_total")) - cached).toBe(600);
    expect((await p.metric(QUERIES)) - asked).toBe(600); // prefill asks its connector, too
    expect(await p.metric("vllm:nixl_bytes_transferred_sum")).toBe(0);
    await eventually(async () => (await p.metric("vllm:kv_cache_usage_perc")) === 0, "prefill let go of its blocks");
  });

  it("params of another prompt are not noticed, and the answer is another one", async () => {
    const params = await prefill(p, promptOf(300, "one"));
    const answer = await pull(d, promptOf(300, "two"), params);
    expect(answer.status).toBe(200);
    expect(answer.json.choices[0].text).not.toBe(await own(d, promptOf(300, "two")));
  });

  it("a wrong engine id fails the request, and nothing else", async () => {
    const prompt = promptOf(200, "id");
    const params = { ...(await prefill(p, prompt)), remote_engine_id: "00000000-dead" };
    const failed = await d.metric("vllm:nixl_num_failed_transfers_total");
    const answer = await pull(d, prompt, params);
    expect(answer.status).toBe(500);
    expect(answer.json.error).toMatchObject({ message: "Internal server error", type: "InternalServerError" });
    expect(d.output).toContain("Remote NIXL agent engine ID mismatch. Expected 00000000-dead,received");
    expect((await d.metric("vllm:nixl_num_failed_transfers_total")) - failed).toBe(1);
    expect((await d.complete({ prompt: "still there" })).status).toBe(200);
  });

  it("a stream has begun with 200 when its KV turns out to be lost: the error is an event", async () => {
    const prompt = promptOf(200, "stream");
    const params = { ...(await prefill(p, prompt)), remote_engine_id: "00000000-dead" };
    const answer = await d.complete({ prompt, stream: true, kv_transfer_params: params });
    expect(answer.status).toBe(200);
    const [event = "", last] = answer.text.split("\n\n");
    expect(JSON.parse(event.slice("data: ".length)).error).toMatchObject({
      code: 500,
      message: "Internal server error",
    });
    expect(last).toBe("data: [DONE]");
  });

  it("a decode request that is refused before it runs still frees prefill's blocks", async () => {
    const prompt = promptOf(200, "refused");
    const before = await p.metric("vllm:kv_cache_usage_perc");
    const params = await prefill(p, prompt);
    expect(await p.metric("vllm:kv_cache_usage_perc")).toBeGreaterThan(before);
    expect((await d.complete({ prompt, max_tokens: 0, kv_transfer_params: params })).status).toBe(400);
    await eventually(async () => (await p.metric("vllm:kv_cache_usage_perc")) === before, "prefill let go");
  });

  it("the port of an engine that is known is not looked at any more", async () => {
    const prompt = promptOf(200, "port");
    const answer = await pull(d, prompt, { ...(await prefill(p, prompt)), remote_port: 1 });
    expect(answer.status).toBe(200);
  });

  it("block ids out of range fail the request", async () => {
    const prompt = promptOf(200, "range");
    const answer = await pull(d, prompt, { ...(await prefill(p, prompt)), remote_block_ids: [[900_000, 900_001]] });
    expect(answer.status).toBe(500);
    expect(d.output).toContain("NIXL_ERR_INVALID_PARAM");
  });

  it("what decode has cached already is not pulled again", async () => {
    const prompt = promptOf(300, "warm");
    await pull(d, prompt, await prefill(p, prompt));
    const bytes = await d.metric("vllm:nixl_bytes_transferred_sum");
    await pull(d, prompt, await prefill(p, prompt));
    expect((await d.metric("vllm:nixl_bytes_transferred_sum")) - bytes).toBe(1 * 128 * 32);
  });
});

describe("what goes wrong between P and D", () => {
  it("KV whose lease is over is read all the same: 200, and a wrong text", async () => {
    const p = await started("kv_producer", { kv: { kv_connector_extra_config: { kv_lease_duration: 0.05 } } });
    const prompt = promptOf(300, "late");
    const params = await prefill(p, prompt);
    await eventually(async () => (await p.metric("vllm:nixl_num_kv_expired_reqs_total")) === 1, "the lease is over");
    const answer = await pull(d, prompt, params);
    expect(answer.status).toBe(200);
    expect(answer.json.choices[0].text).not.toBe(await own(d, prompt));
    expect(p.output).toContain("before lease expired");
    await p.says("Potentially invalid KV blocks for unrecognized request");
  });

  it("bytes that were altered on the way change the answer", async () => {
    const p = await started("kv_producer", { env: { PDCTL_SIM_SERVE: "alter" } });
    const prompt = promptOf(300, "alter");
    const answer = await pull(d, prompt, await prefill(p, prompt));
    expect(answer.json.choices[0].text).not.toBe(await own(d, prompt));
  });

  it("a transfer that is cut fails the request, or is computed again where that is the policy", async () => {
    const [p, again] = await Promise.all([
      started("kv_producer", { env: { PDCTL_SIM_SERVE: "cut" } }),
      started("kv_consumer", { kv: { kv_load_failure_policy: "recompute" } }),
    ]);
    const prompt = promptOf(300, "cut");
    expect((await pull(d, prompt, await prefill(p, prompt))).status).toBe(500);
    expect(d.output).toContain("NIXL_ERR_REMOTE_DISCONNECT");
    const answer = await pull(again, prompt, await prefill(p, prompt));
    expect(answer.json.choices[0].text).toBe(await own(again, prompt));
    expect(await again.metric("vllm:prompt_tokens_by_source_total", "external_kv_transfer")).toBe(0);
    expect(await again.metric("vllm:nixl_num_failed_transfers_total")).toBe(1);
    expect(await again.metric("vllm:external_prefix_cache_hits_total")).toBe(300); // rises all the same: no proof
  });

  it("a side channel that nobody answers fails the request after a while", async () => {
    const d = await started("kv_consumer", { env: { PDCTL_SIM_HANDSHAKE_TIMEOUT_MS: "300" } });
    const prompt = promptOf(200, "nobody");
    const params = { ...(await prefill(p, prompt)), remote_engine_id: "never-met", remote_port: await freePorts(1) };
    expect((await pull(d, prompt, params)).status).toBe(500);
    expect(d.output).toContain("zmq.error.Again: Resource temporarily unavailable");
  });

  it("engines of different dtype come up healthy and fail at the first pull", async () => {
    const p = await started("kv_producer", { args: ["--dtype", "float16"] });
    const prompt = promptOf(200, "dtype");
    expect((await pull(d, prompt, await prefill(p, prompt))).status).toBe(500);
    expect(d.output).toContain("NIXL compatibility hash mismatch");
  });

  it("with the check switched off, different dtypes give garbage instead of an error", async () => {
    const off = { kv_connector_extra_config: { enforce_handshake_compat: false } };
    const [p, d] = await Promise.all([
      engine("kv_producer", { kv: off, args: ["--dtype", "float16"] }),
      engine("kv_consumer", { kv: off }),
    ]);
    await Promise.all([p.ready(), d.ready()]);
    const prompt = promptOf(200, "garbage");
    const answer = await pull(d, prompt, await prefill(p, prompt));
    expect(answer.status).toBe(200);
    expect(answer.json.choices[0].text).not.toBe(await own(d, prompt));
  });

  it.each([
    ["HND with block 16 on CUDA into NHD with block 128 on Gaudi", { enable_permute_local_kv: true }, 200],
    ["the same without the permutation", {}, 500],
  ])("%s", async (_, extra, status) => {
    const both = { kv_connector_extra_config: { enforce_handshake_compat: false } };
    const [p, d] = await Promise.all([
      engine("kv_producer", {
        kv: { ...both, kv_buffer_device: "cuda" },
        args: ["--block-size", "16"],
        env: { CUDA_VISIBLE_DEVICES: "0", VLLM_KV_CACHE_LAYOUT: "HND" },
      }),
      engine("kv_consumer", {
        kv: { ...both, ...extra, kv_buffer_device: "hpu" },
        args: ["--block-size", "128"],
        env: { HABANA_VISIBLE_MODULES: "0", VLLM_KV_CACHE_LAYOUT: "NHD" },
      }),
    ]);
    await Promise.all([p.ready(), d.ready()]);
    const prompt = promptOf(600, "layout");
    const answer = await pull(d, prompt, await prefill(p, prompt));
    expect(answer.status).toBe(status);
    if (status === 200) expect(answer.json.choices[0].text).toBe(await own(d, prompt));
    else expect(d.output).toContain("kv_cache_layout");
  });

  it("too few block ids kill the decode engine: 500, then 503, then the process ends", async () => {
    const d = await started("kv_consumer", { env: { PDCTL_SIM_MS_DEATH: "300" } });
    const prompt = promptOf(300, "few");
    const params = await prefill(p, prompt);
    expect((await pull(d, prompt, { ...params, remote_block_ids: [[1]] })).status).toBe(500);
    expect((await d.get("/health")).status).toBe(503);
    expect(await d.exit).toMatchObject({ code: 0 });
    expect(d.output).toContain("EngineDeadError");
  });

  it("a flat list of block ids, as older engines send it, kills the decode engine, too", async () => {
    const d = await started("kv_consumer", { env: { PDCTL_SIM_MS_DEATH: "50" } });
    const prompt = promptOf(300, "flat");
    const params = await prefill(p, prompt);
    expect((await pull(d, prompt, { ...params, remote_block_ids: params.remote_block_ids[0] })).status).toBe(500);
    expect(await d.exit).toMatchObject({ code: 0 });
    expect(d.output).toContain("TypeError: 'int' object is not iterable");
  });

  it("without remote_request_id the request hangs, and its abort kills the engine", async () => {
    const d = await started("kv_consumer", { env: { PDCTL_SIM_MS_DEATH: "50" } });
    const prompt = promptOf(200, "nameless");
    const { remote_request_id: _, ...params } = await prefill(p, prompt);
    const leave = new AbortController();
    const asked = d.post("/v1/completions", { model: "m", prompt, kv_transfer_params: params }, {}, leave.signal);
    await eventually(async () => (await d.metric("vllm:num_requests_running")) === 1, "the request waits");
    leave.abort();
    await expect(asked).rejects.toThrow();
    expect(await d.exit).toMatchObject({ code: 0 });
    expect(d.output).toContain("KeyError: 'remote_request_id'");
  });
});

describe("decode that has to wait", () => {
  const lease = { kv_connector_extra_config: { kv_lease_duration: 1.5 } };
  const one = ["--max-num-seqs", "1"];
  const busy = (d: Engine, signal?: AbortSignal) => {
    const body = { model: "m", prompt: "busy", max_tokens: 1000, ignore_eos: true, stream: true };
    return d.post("/v1/completions", body, {}, signal).catch(() => undefined);
  };

  it("keeps its KV alive by heartbeats, beyond the lease", async () => {
    const [p, d] = await Promise.all([
      engine("kv_producer", { kv: lease }),
      engine("kv_consumer", { kv: lease, args: one, env: { PDCTL_SIM_MS_PER_TOKEN: "20" } }),
    ]);
    await Promise.all([p.ready(), d.ready()]);
    const prompt = promptOf(300, "beat");
    const params = await prefill(p, prompt);
    const leave = new AbortController();
    const first = busy(d, leave.signal);
    await eventually(async () => (await d.metric("vllm:num_requests_running")) === 1, "decode is busy");
    const asked = d.complete({ prompt, max_tokens: 2, kv_transfer_params: params });
    await new Promise((resolve) => setTimeout(resolve, 1_800)); // longer than the lease, which is what is tested
    leave.abort();
    const answer = await asked;
    await first;
    expect(await p.metric("vllm:nixl_num_kv_expired_reqs_total")).toBe(0);
    expect(answer.json.choices[0].text).toBe(
      (await d.complete({ prompt, max_tokens: 2, cache_salt: "own" })).json.choices[0].text,
    );
  });

  it("tells prefill to let go when its client leaves", async () => {
    const d = await started("kv_consumer", { args: one, env: { PDCTL_SIM_MS_PER_TOKEN: "20" } });
    const before = await p.metric("vllm:kv_cache_usage_perc");
    const prompt = promptOf(300, "leave");
    const params = await prefill(p, prompt);
    const leave = new AbortController();
    const asked = [
      busy(d, leave.signal),
      d.post("/v1/completions", { model: "m", prompt, kv_transfer_params: params }, {}, leave.signal),
    ];
    await eventually(async () => (await d.metric("vllm:num_requests_waiting")) === 1, "one waits");
    expect(await p.metric("vllm:kv_cache_usage_perc")).toBeGreaterThan(before);
    leave.abort();
    await Promise.allSettled(asked);
    await eventually(
      async () => (await p.metric("vllm:kv_cache_usage_perc")) === before,
      "prefill let go, long before the lease of 30 s",
    );
  });

  it("an abort in the middle of a transfer does not spoil the next one", async () => {
    const p = await started("kv_producer", { env: { PDCTL_SIM_MS_SERVE: "60" } });
    await pull(d, promptOf(200, "first"), await prefill(p, promptOf(200, "first")));
    const leave = new AbortController();
    const params = await prefill(p, promptOf(200, "second"));
    const asked = d.post(
      "/v1/completions",
      { model: "m", prompt: promptOf(200, "second"), kv_transfer_params: params },
      {},
      leave.signal,
    );
    await eventually(async () => (await d.metric("vllm:num_requests_running")) === 1, "it is being read");
    leave.abort();
    await expect(asked).rejects.toThrow();
    const prompt = promptOf(200, "third");
    expect((await pull(d, prompt, await prefill(p, prompt))).json.choices[0].text).toBe(await own(d, prompt));
  });
});

it("a prefill engine that restarts on the same port is met again, under its new id", async () => {
  const p = await started("kv_producer");
  await pull(d, promptOf(200, "before"), await prefill(p, promptOf(200, "before")));
  const params = await prefill(p, promptOf(200, "lost"));
  await p.kill();
  expect((await pull(d, promptOf(200, "lost"), params)).status).toBe(500);
  expect((await d.complete({ prompt: "plain requests go on" })).status).toBe(200);
  const again = await host.start(p.args, p.env).ready();
  const prompt = promptOf(200, "after");
  expect((await pull(d, prompt, await prefill(again, prompt))).json.choices[0].text).toBe(await own(d, prompt));
});

it("on an accelerator, decode dies of a prefill that restarted where it had met another one", async () => {
  const device = { env: { CUDA_VISIBLE_DEVICES: "0" } };
  const [p, d] = await Promise.all([started("kv_producer", device), started("kv_consumer", device)]);
  await pull(d, promptOf(200, "before"), await prefill(p, promptOf(200, "before")));
  await p.kill();
  const again = await host.start(p.args, p.env).ready();
  const prompt = promptOf(200, "after");
  expect((await pull(d, prompt, await prefill(again, prompt))).status).toBe(500);
  await d.exit;
  expect(d.output).toMatch(/Segmentation fault\n.*loadRemoteMD/);
});

it("a side channel port that is taken, or an address of another node, ends the engine", async () => {
  const taken = host.start(["m", "--port", String(await freePorts(1)), ...p.args.slice(5)], p.env);
  expect(await taken.exit).toMatchObject({ code: 1 });
  expect(taken.output).toContain("zmq.error.ZMQError: Address already in use");
  const elsewhere = await engine("kv_producer", { env: { VLLM_NIXL_SIDE_CHANNEL_HOST: "192.0.2.9" } });
  expect(await elsewhere.exit).toMatchObject({ code: 1 });
  expect(elsewhere.output).toContain("Cannot assign requested address (addr='tcp://192.0.2.9:");
});

it("KV of a rank on a headless node is pulled from that node's side channel", async () => {
  const [rpc, side] = [await freePorts(1), await freePorts(2)];
  const group = ["-dp", "2", "-dpl", "1", "-dpa", "127.0.0.1", "-dpp", String(rpc)];
  const env = { VLLM_NIXL_SIDE_CHANNEL_PORT: String(side) };
  const head = await engine("kv_producer", { args: group, env });
  await engine("kv_producer", { args: [...group, "--headless", "-dpr", "1"], env });
  await head.ready();
  const prompt = promptOf(200, "headless");
  const params = await prefill(head, prompt, { "x-data-parallel-rank": "1" });
  expect(params.remote_port).toBe(side + 1);
  expect(params.remote_engine_id).toMatch(/_dp1$/);
  expect((await pull(d, prompt, params)).json.choices[0].text).toBe(await own(d, prompt));
});
