import type { Parallel } from "../../topology/topology.ts";
import type { Connector } from "../connector.ts";
import { master } from "../mooncake-library/master.ts";
import { causes } from "./causes.ts";
import { drift, portsPerDevice } from "./drift.ts";
import { type Fields, fields } from "./fields.ts";
import { givesBack } from "./recompute.ts";
import { modelRules, planRules, rules } from "./rules.ts";

const variants = {
  v1: "MooncakeConnectorV1",
  hybrid: "MooncakeHybridConnector",
  layerwise: "MooncakeLayerwiseConnector",
};
const external = 'vllm:prompt_tokens_by_source_total{source="external_kv_transfer"}';

/** vllm-ascend's Mooncake P2P connectors. Source: launch.md §3.5, §2.1. */
export const mooncakeAscend: Connector<Fields, "kv_port"> = {
  name: "mooncake-ascend",
  hardware: ["ascend"],
  fields,
  uses: ["transfer"],
  rules,
  planRules,
  modelRules,
  drift,
  causes,
  asks: () => ({ modules: [["mooncake"]] }),
  restartsPeers: true,
  managedEnv: new Map([
    ["MOONCAKE_CONFIG_PATH", "kv.transfer.mooncake_json"],
    ["MOONCAKE_MASTER", "kv.transfer.master"],
  ]),
  // one base for the whole group: each worker adds its rank's first port and its own place by itself
  claims: ({ engine: { parallel } }, { kv_port: base, variant }) => [
    {
      name: "kv_port",
      key: "kv_port",
      base,
      span: parallel.dp * portsPerRank(parallel, variant),
      binds: ({ ranks, part = { index: 0, of: 1 } }) => {
        const workers = Math.ceil(width(parallel) / part.of); // of this process
        const ports = portsPerRank(parallel, variant);
        const places = Array.from({ length: workers }, (_, i) => (part.index * workers + i) % ports);
        return ranks.flatMap((rank) => [...new Set(places)].map((place) => rank * ports + place));
      },
      purpose: "kv",
    },
  ],
  emit({ engine: { role }, fields: wanted, grants, sizes, services }) {
    const at = services["mooncake-master"];
    return {
      kv: {
        kv_connector: variants[wanted.variant],
        kv_role: wanted.kv_role ?? (role === "prefill" ? "kv_producer" : "kv_consumer"),
        kv_port: grants.kv_port.first,
        kv_connector_extra_config: { prefill: size(sizes.prefill), decode: size(sizes.decode), ...wanted.extra },
      },
      env: { MOONCAKE_CONFIG_PATH: { file: "mooncake.json" } },
      files: [
        {
          name: "mooncake.json",
          format: "json",
          value: {
            ...(wanted.mooncake_json as Readonly<Record<string, string | number | boolean>>),
            ...(at && { master_server_address: `${at.ip}:${at.port}` }),
          },
        },
      ],
    };
  },
  shared: ({ master: wanted, variant }, topology, { mooncake }) => ({
    services: wanted ? [master(wanted, topology)] : [],
    proxy: {
      ...(variant === "layerwise" ? layerwise : pulls),
      length_capped: true,
      ...(givesBack(topology) && { resume_recomputed: true }),
    },
    decodeAlone: true,
    proof: { rises: [external], tokens: external, stays: [], log: "KV cache transfer" },
    reserves: ({ hardware, devices }) => (hardware.family === "ascend" ? [adxl(devices, mooncake)] : []),
  }),
};

const pulls = { family: "relay", kv_hold_seconds: 480 } as const;
const layerwise = { family: "layerwise" } as const; // prefill writes and holds nothing

/** Devices of one engine. */
const width = ({ tp, pp, pcp }: Parallel) => tp * pp * pcp;

/** Layerwise counts no pipeline stages: those of prefill, which alone may have some, only dial. Source: launch.md §2.1. */
const portsPerRank = ({ tp, pp, pcp }: Parallel, variant: Fields["variant"]) =>
  variant === "layerwise" ? tp * pcp : tp * pp * pcp;

const size = ({ dp, tp, pp }: Parallel) => ({ dp_size: dp, tp_size: tp, ...(pp > 1 && { pp_size: pp }) });

/** The transfer engine draws a port from so many per physical device, upper end included. */
function adxl(devices: readonly string[], mooncake: string | undefined) {
  const highest = Math.max(-1, ...devices.map(Number).filter(Number.isInteger));
  return { first: 20000, last: 20000 + portsPerDevice(mooncake) * (highest + 1), purpose: "transfer engine" };
}
