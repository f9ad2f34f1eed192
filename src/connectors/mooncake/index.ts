import type { Connector, PortSpan } from "../connector.ts";
import { causes } from "./causes.ts";
import { type Fields, fields } from "./fields.ts";
import { families, rules } from "./rules.ts";

const external = 'vllm:prompt_tokens_by_source_total{source="external_kv_transfer"}';

/** MooncakeConnector: decode asks prefill's ranks, and they push. Source: launch.md §3.3, §2.1; vLLM 0.32, mooncake_connector.py. */
export const mooncake: Connector<Fields, "bootstrap"> = {
  name: "mooncake",
  hardware: families,
  fields,
  uses: ["transfer"],
  rules,
  planRules: [],
  causes,
  asks: () => ({ modules: [["mooncake"]] }),
  restartsPeers: true, // decode keeps the sessions of ranks that are gone
  managedEnv: new Map([["VLLM_MOONCAKE_BOOTSTRAP_PORT", "kv.transfer.bootstrap_port"]]),
  claims: ({ role, engine: { parallel } }, { bootstrap_port: base }) =>
    role === "decode"
      ? []
      : [
          {
            name: "bootstrap",
            key: "bootstrap_port",
            base,
            span: parallel.dp,
            binds,
            purpose: "bootstrap",
            bind: "0.0.0.0",
          },
        ],
  emit({ engine: { role, ranks, parallel }, fields: wanted, grants }) {
    const extra = {
      mooncake_protocol: wanted.protocol,
      ...(wanted.device_name !== undefined && { device_name: wanted.device_name }),
      ...(wanted.num_workers !== undefined && { num_workers: wanted.num_workers }),
      ...wanted.extra,
    };
    return {
      kv: {
        kv_connector: "MooncakeConnector",
        kv_role: wanted.kv_role ?? (role === "prefill" ? "kv_producer" : "kv_consumer"),
        ...(wanted.kv_load_failure_policy && { kv_load_failure_policy: wanted.kv_load_failure_policy }),
        kv_connector_extra_config: extra,
      },
      env:
        role === "prefill"
          ? { VLLM_MOONCAKE_BOOTSTRAP_PORT: String(grants.bootstrap.first + server(ranks, parallel.dpLb)) }
          : {},
      files: [],
    };
  },
  target: ({ engine: { role, ranks, parallel, node }, grants }) =>
    role === "decode"
      ? {}
      : { bootstrap_url: `http://${address(node.ip)}:${grants.bootstrap.first + server(ranks, parallel.dpLb)}` },
  shared: () => ({
    services: [],
    proxy: { family: "mooncake", kv_hold_seconds: HOLD_SECONDS, length_capped: true },
    decodeAlone: true,
    proof: { rises: [external], tokens: external, stays: [] },
    reserves: ({ hardware }) => (families.includes(hardware.family) ? drawn : []),
  }),
};

const HOLD_SECONDS = 480; // VLLM_MOONCAKE_ABORT_REQUEST_TIMEOUT

const address = (ip: string): string => (ip.includes(":") ? `[${ip}]` : ip);

/** Whose server a process registers with: external and hybrid ones have their own, the others that of rank 0. */
const server = (ranks: readonly number[], dpLb: string | undefined): number =>
  dpLb === "external" || dpLb === "hybrid" ? (ranks[0] ?? 0) : 0;

/** One server per process, or per instance; its first worker has it. */
const binds: PortSpan["binds"] = ({ ranks, parallel: { dpLb }, part }) => {
  const at = server(ranks, dpLb);
  return (part === undefined || part.index === 0) && ranks.includes(at) ? [at] : [];
};

/** The transfer engine's own listener, and the ZMQ socket of each worker, which pyzmq binds at random. */
const drawn = [
  { first: 15_000, last: 17_000, purpose: "transfer engine" },
  { first: 49_152, last: 65_535, purpose: "side channel" },
];
