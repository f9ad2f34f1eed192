import { afterAll, describe, expect, it } from "vitest";
import { logTo } from "../../src/proxy/books/log.ts";
import type { ProxyConfig, Target } from "../../src/proxy/config.ts";
import { type RunningProxy, startProxy } from "../../src/proxy/server.ts";
import { ask } from "../proxy/client.ts";
import { type Engine, engines, eventually, freePorts, promptOf } from "./engines.ts";

const host = engines();
const proxies: RunningProxy[] = [];
afterAll(() => Promise.all(proxies.map((proxy) => proxy.close(0))));

interface Pair {
  readonly name: string;
  /** Visibility variable, as it decides which platform is played. */
  readonly devices: string;
  readonly kv: (side: Side) => object;
  readonly env?: (side: Side) => Record<string, string>;
  readonly config: (p: Side, d: Side) => Omit<Partial<ProxyConfig>, "targets">;
  readonly target?: (side: Side) => Omit<Target, "url" | "role" | "slots">;
}

interface Side {
  readonly role: "prefill" | "decode";
  readonly http: number;
  /** The first of twelve ports that are its connector's. */
  readonly ports: number;
}

const role = (side: Side) => (side.role === "prefill" ? "kv_producer" : "kv_consumer");
const size = { dp_size: 1, tp_size: 1 };

const pairs: readonly Pair[] = [
  {
    name: "upstream Mooncake",
    devices: "CUDA_VISIBLE_DEVICES",
    kv: (side) => ({ kv_connector: "MooncakeConnector", kv_role: role(side) }),
    env: ({ ports }) => ({ VLLM_MOONCAKE_BOOTSTRAP_PORT: String(ports) }),
    config: () => ({ family: "mooncake", length_capped: true, kv_hold_seconds: 480 }),
    target: (side) => (side.role === "prefill" ? { bootstrap_url: `http://127.0.0.1:${side.ports}` } : {}),
  },
  {
    name: "NIXL push",
    devices: "CUDA_VISIBLE_DEVICES",
    kv: (side) => ({ kv_connector: "NixlPushConnector", kv_role: role(side), engine_id: `${side.role}-0-0` }),
    env: ({ ports }) => ({ VLLM_NIXL_SIDE_CHANNEL_HOST: "127.0.0.1", VLLM_NIXL_SIDE_CHANNEL_PORT: String(ports) }),
    config: () => ({ family: "nixl-push", kv_hold_seconds: 30 }),
    target: (side) =>
      side.role === "decode"
        ? {}
        : {
            nixl: {
              host: "127.0.0.1",
              tp_size: 1,
              pp_size: 1,
              ranks: [{ engine_id: "prefill-0-0", port: side.ports }],
            },
          },
  },
  ...([false, true] as const).map((reads): Pair => {
    const at = (side: Side) => ({ handshake_port: side.ports, notify_port: side.ports + 4 });
    return {
      name: reads ? "MoRI-IO where decode reads" : "MoRI-IO where prefill writes",
      devices: "HIP_VISIBLE_DEVICES",
      kv: (side) => ({
        kv_connector: "MoRIIOConnector",
        kv_role: role(side),
        kv_connector_extra_config: { host_ip: "127.0.0.1", http_port: side.http, read_mode: reads, ...at(side) },
      }),
      config: () => ({
        family: reads ? "moriio-read" : "moriio-write",
        length_capped: true,
        kv_hold_seconds: 60,
        decode_alone: !reads,
      }),
      ...(!reads && {
        target: (side: Side) => ({ moriio: { host: "127.0.0.1", tp_size: 1, dp_size: 1, ...at(side) } }),
      }),
    };
  }),
  {
    name: "Ascend's layerwise Mooncake",
    devices: "ASCEND_RT_VISIBLE_DEVICES",
    kv: (side) => ({
      kv_connector: "MooncakeLayerwiseConnector",
      kv_role: role(side),
      kv_port: side.ports,
      kv_connector_extra_config: { prefill: size, decode: size },
    }),
    config: () => ({ family: "layerwise", length_capped: true }),
  },
];

describe.each(pairs)("$name, from stand-in to stand-in through the proxy", (pair) => {
  it("KV crosses, the answer is what one engine would say, and nothing stays held", async () => {
    const { p, d, complete } = await standing(pair);
    for (const [stream, chat] of [
      [false, false],
      [true, false],
      [false, true],
    ] as const) {
      const prompt = promptOf(300, `${stream}${chat}`);
      const before = await d.metric("vllm:prompt_tokens_by_source_total", "external_kv_transfer");
      const through = await complete({ prompt, stream, chat });
      expect(through.status, through.text).toBe(200);
      const own = await p.post(...bodyOf({ prompt, stream, chat })); // by itself: no decode that reads answers sense without a ticket
      expect(said(through.text)).toBe(said(own.text));
      const moved = (await d.metric("vllm:prompt_tokens_by_source_total", "external_kv_transfer")) - before;
      expect(moved).toBeGreaterThanOrEqual(295); // all of the prompt, or all but its last token
    }
    await eventually(async () => (await p.metric("vllm:kv_cache_usage_perc")) === 0, "prefill let go of its blocks");
  });

  it("a prefill that fails the request ends decode's, which waits for it", async () => {
    const { d, complete, p } = await standing(pair, { PDCTL_SIM_MS_PREFILL: "60000" });
    const answer = complete({ prompt: promptOf(300, "long"), stream: false, chat: false });
    await eventually(async () => (await p.metric("vllm:num_requests_running")) === 1, "prefill computes");
    await p.kill();
    expect((await answer).status).toBeGreaterThanOrEqual(502);
    await eventually(async () => (await d.metric("vllm:num_requests_running")) === 0, "decode was let go");
  });
});

async function standing(pair: Pair, prefillEnv: Record<string, string> = {}) {
  const sides = await Promise.all(
    (["prefill", "decode"] as const).map(
      async (side): Promise<Side> => ({ role: side, http: await freePorts(1), ports: await freePorts(12) }),
    ),
  );
  const [p, d] = sides.map((side) => start(pair, side, side.role === "prefill" ? prefillEnv : {}));
  const [atPrefill, atDecode] = sides;
  if (!p || !d || !atPrefill || !atDecode) throw new Error("two sides");
  await Promise.all([p.ready(), d.ready()]);
  const lines: string[] = [];
  const config: ProxyConfig = {
    ...{ bind: "127.0.0.1", port: 0, prefill_policy: "round_robin", decode_policy: "round_robin", max_concurrent: 8 },
    ...{ family: "relay" as const, ...pair.config(atPrefill, atDecode) },
    targets: sides.map((side) => ({
      url: `http://127.0.0.1:${side.http}`,
      role: side.role,
      slots: 1,
      ...pair.target?.(side),
    })),
  };
  const proxy = await startProxy(config, { log: logTo((line) => void lines.push(line)) });
  proxies.push(proxy);
  await eventually(
    async () => (await fetch(`http://127.0.0.1:${proxy.port}/health`)).ok,
    `the proxy is ready\n${lines.join("")}`,
  );
  const complete = (wish: Wish) => {
    const [path, body] = bodyOf(wish);
    return ask({ port: proxy.port, path, body: JSON.stringify(body), headers: { "content-type": "application/json" } });
  };
  return { p, d, complete };
}

function start(pair: Pair, side: Side, more: Record<string, string>): Engine {
  const words = `tiny --host 127.0.0.1 --port ${side.http} --served-model-name m --no-enable-prefix-caching`.split(" ");
  const env = { [pair.devices]: "0", VLLM_HOST_IP: "127.0.0.1", PYTHONHASHSEED: "0", ...pair.env?.(side) };
  return host.start([...words, "--kv-transfer-config", JSON.stringify(pair.kv(side))], { ...env, ...more });
}

interface Wish {
  readonly prompt: string;
  readonly stream: boolean;
  readonly chat: boolean;
}

function bodyOf({ prompt, stream, chat }: Wish): [path: string, body: Record<string, unknown>] {
  const asked = chat ? { messages: [{ role: "user", content: prompt }] } : { prompt };
  const body = { model: "m", max_tokens: 6, stream, ...asked };
  return [chat ? "/v1/chat/completions" : "/v1/completions", body];
}

/** The text of an answer, whole or a stream. */
function said(text: string): string {
  const events = text.startsWith("{")
    ? [text]
    : text.split("\n").flatMap((line) => (line.startsWith("data: {") ? [line.slice(6)] : []));
  return events
    .map((event) => JSON.parse(event).choices[0])
    .map((choice) => choice?.text ?? choice?.message?.content ?? choice?.delta?.content ?? "")
    .join("");
}
