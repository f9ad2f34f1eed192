import type { Args } from "../topology/topology.ts";
import { endpoints, type Flag, type FlagAsk, listening, type ProxyKind } from "./kind.ts";

const PROMETHEUS = { port: 29_000, host: "127.0.0.1" };

/** The Rust router of the vLLM project, a program of the wheel `vllm-router`. Source: launch.md §3.12, proxy-protocols.md §B, proxy-peers.md. */
export const vllmRouter: ProxyKind = {
  name: "vllm-router",
  command: ["vllm-router"],
  speaks: ["nixl", "mooncake", "moriio"],
  health: "/health",
  policies: { round_robin: "round_robin" }, // what it has beside that is its own, and stands under proxy.args
  ignores: {
    policy: "it counts a stream as over when it begins, so it knows no load of decode",
    pd_min_prompt_tokens: "only pdctl's own proxy sends short prompts to decode alone",
  },
  managed: {
    host: "proxy.bind",
    port: "proxy.port",
    "vllm-pd-disaggregation": "proxy.kind",
    "kv-connector": "kv.transfer.connector",
    prefill: "prefill",
    decode: "decode",
    "worker-urls": "prefill and decode",
    "vllm-discovery-address": "prefill and decode",
    "service-discovery": "prefill and decode",
    "max-concurrent-requests": "proxy.max_concurrent",
  },
  flags: (ask) => [
    ...policies(ask),
    { name: "vllm-pd-disaggregation", values: [], why: "proxy.kind", paths: [["proxy", "kind"]] },
    {
      name: "kv-connector",
      values: [ask.transfer.connector],
      why: "kv.transfer",
      paths: [["kv", "transfer", "connector"]],
    },
    {
      name: "max-concurrent-requests",
      values: [String(ask.proxy.maxConcurrent)],
      why: "proxy.max_concurrent",
      paths: [["proxy", "max_concurrent"]],
    },
    ...engines(ask),
    ...listening(ask),
    { name: "prometheus-port", values: [String(PROMETHEUS.port)], why: "reserved on its node", paths: [] },
    ...ranks(ask),
    {
      // it waits for every engine before it listens, and gives up after 600 s by itself
      name: "worker-startup-timeout-secs",
      values: [String(Math.ceil(ask.readyMs / 1000))],
      why: "timeouts.ready",
      paths: [["timeouts", "ready"]],
    },
  ],
  listens: (args) => [
    {
      port: number(args, "prometheus-port"),
      bind: text(args["prometheus-host"]) ?? PROMETHEUS.host,
      purpose: "prometheus",
    },
  ],
};

function policies({ proxy: { prefillPolicy, decodePolicy } }: FlagAsk): readonly Flag[] {
  const flag = (name: string, policy: typeof prefillPolicy, key: string): Flag => ({
    name,
    values: [vllmRouter.policies[policy] ?? "round_robin"],
    why: `proxy.${key}`,
    paths: [
      ["proxy", key],
      ["proxy", "policy"],
    ],
  });
  return prefillPolicy === decodePolicy
    ? [flag("policy", prefillPolicy, "policy")]
    : [flag("prefill-policy", prefillPolicy, "prefill_policy"), flag("decode-policy", decodePolicy, "decode_policy")];
}

const workers = (role: "prefill" | "decode", { targets }: FlagAsk): Flag => ({
  name: role,
  values: endpoints(targets, role),
  repeat: true,
  why: `the endpoints of ${role}`,
  paths: [[role, "nodes"]],
});

/** They are told to it, or say themselves where they are. */
function engines(ask: FlagAsk): readonly Flag[] {
  const { discovery } = ask.transfer;
  if (discovery === undefined) return [...prefills(ask), workers("decode", ask)];
  return [
    {
      name: "vllm-discovery-address",
      values: [`0.0.0.0:${discovery}`],
      why: "where the engines say that they are there",
      paths: [["kv", "transfer", "proxy_ping_port"]],
    },
  ];
}

/** With a bootstrap server each endpoint is followed by its port, in words of one flag. */
function prefills(ask: FlagAsk): readonly Flag[] {
  const { bootstraps } = ask.transfer;
  if (bootstraps.size === 0) return [workers("prefill", ask)];
  return endpoints(ask.targets, "prefill").map((url) => ({
    name: "prefill",
    values: [url, String(bootstraps.get(url) ?? "none")],
    why: "an endpoint of prefill, and its bootstrap server",
    paths: [
      ["prefill", "nodes"],
      ["kv", "transfer", "bootstrap_port"],
    ],
  }));
}

/** Behind one URL; it numbers them from 0 on each. Unequal ones are P11 and R04. */
function ranks({ targets }: FlagAsk): readonly Flag[] {
  const size = Math.max(1, ...targets.map(({ slots }) => slots));
  return size === 1
    ? []
    : [
        {
          name: "intra-node-data-parallel-size",
          values: [String(size)],
          why: "ranks behind a URL",
          paths: [["engine", "parallel", "dp"]],
        },
      ];
}

const text = (value: Args[string] | undefined) => (typeof value === "string" ? value : undefined);

function number(args: Args, flag: string): number {
  const written = Number(text(args[flag]));
  return Number.isInteger(written) ? written : PROMETHEUS.port;
}
