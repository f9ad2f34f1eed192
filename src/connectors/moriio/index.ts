import type { Connector, PortSpan } from "../connector.ts";
import { causes } from "./causes.ts";
import { type Fields, fields, reads } from "./fields.ts";
import { families, rules } from "./rules.ts";

const external = 'vllm:prompt_tokens_by_source_total{source="external_kv_transfer"}';

/** MoRIIOConnector: KV over AMD's MoRI between ROCm nodes; engines announce themselves to the proxy. Source: launch.md §2.1; vLLM 0.32, moriio. */
export const moriio: Connector<Fields, "handshake" | "notify"> = {
  name: "moriio",
  hardware: families,
  fields,
  uses: ["transfer"],
  rules,
  planRules: [],
  causes,
  asks: () => ({ modules: [["mori"]] }),
  restartsPeers: true, // the peers keep the sessions of an engine that is gone
  managedEnv: new Map(),
  claims: ({ engine: { parallel } }, { handshake_port, notify_port }) => {
    const span = parallel.dp * parallel.tp;
    return [
      { name: "handshake", key: "handshake_port", base: handshake_port, span, binds, purpose: "handshake" },
      { name: "notify", key: "notify_port", base: notify_port, span, binds, purpose: "notify" },
    ];
  },
  kernelPorts: () => true, // its engine takes a port that the kernel chooses
  emit({ engine: { role, ranks, parallel, node, http }, fields: wanted, grants, proxyIp }) {
    const { kv_role, handshake_port: _, notify_port: __, extra, ...settings } = wanted;
    return {
      kv: {
        kv_connector: "MoRIIOConnector",
        kv_role: kv_role ?? (role === "prefill" ? "kv_producer" : "kv_consumer"),
        kv_connector_extra_config: {
          ...(proxyIp !== undefined && { proxy_ip: proxyIp }),
          host_ip: node.ip,
          ...(http !== undefined && { http_port: http }),
          handshake_port: grants.handshake.first + own(ranks, parallel),
          notify_port: grants.notify.first + own(ranks, parallel),
          ...written(settings),
          ...extra,
        },
      },
      env: {},
      files: [],
    };
  },
  // the ports of the first worker behind the endpoint, as the proxy tells them to the other side
  target: ({ engine: { ranks, parallel, node }, fields: wanted, grants }) =>
    reads(wanted)
      ? {}
      : {
          moriio: {
            host: node.ip,
            handshake_port: grants.handshake.first + own(ranks, parallel),
            notify_port: grants.notify.first + own(ranks, parallel),
            tp_size: parallel.tp,
            dp_size: parallel.dpLb === "external" ? 1 : parallel.dp,
          },
        },
  shared: (wanted) => ({
    services: [],
    proxy: {
      family: reads(wanted) ? "moriio-read" : "moriio-write",
      kv_hold_seconds: held(wanted.extra?.["defer_timeout"]),
      length_capped: true,
    },
    discovery: wanted.proxy_ping_port,
    decodeAlone: !reads(wanted), // a decode that reads takes every prompt for one that was prefilled elsewhere
    proof: { rises: [external], tokens: external, stays: [] },
    reserves: () => [],
  }),
};

const DEFER_SECONDS = 60; // MoRIIOConstants.DEFAULT_DEFER_TIMEOUT
const held = (written: unknown): number => (Number(written) > 0 ? Number(written) : DEFER_SECONDS);

/** vLLM counts ranks from 0 within a process of its own, so that external ones each get a base. */
const own = (ranks: readonly number[], { dpLb, tp }: { dpLb?: string; tp: number }): number =>
  dpLb === "external" ? (ranks[0] ?? 0) * tp : 0;

/** What was written, or has a default. */
const written = (settings: Readonly<Record<string, string | number | boolean | undefined>>) =>
  Object.fromEntries(Object.entries(settings).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));

/** A port per worker: of several ranks or of several workers in each, never both (P13). */
const binds: PortSpan["binds"] = ({ ranks, parallel: { tp }, part = { index: 0, of: 1 } }) => {
  const workers = Math.ceil(tp / part.of);
  return ranks.flatMap((rank) => Array.from({ length: workers }, (_, i) => rank * tp + part.index * workers + i));
};
