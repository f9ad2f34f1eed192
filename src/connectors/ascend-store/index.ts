import { era } from "../../era.ts";
import type { Connector } from "../connector.ts";
import { master } from "../mooncake-library/master.ts";
import { causes } from "./causes.ts";
import { storeName } from "./drift.ts";
import { type Fields, fields } from "./fields.ts";
import { factsRules, planRules, rules } from "./rules.ts";

const external = 'vllm:prompt_tokens_by_source_total{source="external_kv_transfer"}';

/** AscendStoreConnector: vllm-ascend's pool of KV beside a transfer. Source: launch.md §3.6; vllm-ascend, kv_pool/ascend_store. */
export const ascendStore: Connector<Fields, never> = {
  name: "ascend-store",
  hardware: ["ascend"],
  fields,
  uses: ["cache"],
  rules,
  planRules,
  factsRules,
  causes,
  asks: ({ backend }) => ({ modules: backend === "mooncake" ? [["mooncake"]] : [] }),
  restartsPeers: false,
  managedEnv: new Map([
    ["MOONCAKE_CONFIG_PATH", "kv.cache.store"],
    ["MOONCAKE_MASTER", "kv.cache.master"],
    ["MOONCAKE_GLOBAL_SEGMENT_SIZE", "kv.cache.global_segment_size"],
  ]),
  claims: () => [],
  emit({ engine, fields: wanted, sizes, services, versions }) {
    const { role } = engine;
    const own = wanted.backend === "mooncake";
    const stages = sizes.prefill.pp;
    return {
      kv: {
        kv_connector: era(versions["vllm-ascend"], storeName) === "new" ? storeName.now : storeName.old,
        kv_role: wanted.kv_role ?? (role === "prefill" ? "kv_producer" : "kv_consumer"),
        kv_connector_extra_config: {
          backend: wanted.backend,
          lookup_rpc_port: engine.id.replace(/-\d+$/, ""), // names a socket; ranks add their own number
          ...(wanted.load_async !== undefined && { load_async: wanted.load_async }),
          ...(wanted.consumer_is_to_put !== undefined && { consumer_is_to_put: wanted.consumer_is_to_put }),
          ...(wanted.consumer_is_to_load !== undefined && { consumer_is_to_load: wanted.consumer_is_to_load }),
          ...(wanted.use_layerwise !== undefined && { use_layerwise: wanted.use_layerwise }),
          ...(wanted.consumer_is_to_put === true && stages > 1 && { prefill_pp_size: stages }),
          ...wanted.extra,
        },
      },
      env: own ? { MOONCAKE_CONFIG_PATH: { file: "ascend-store.json" } } : {},
      files: own ? [storeFile(wanted, services["mooncake-master"])] : [],
    };
  },
  shared: ({ master: wanted }, topology) => ({
    services: wanted ? [master(wanted, topology)] : [],
    proxy: { family: "shared-store" },
    decodeAlone: true,
    proof: { rises: [external], tokens: external, stays: [] },
    reserves: () => [], // the transfer beside it has the same engine, and its range
  }),
};

/** On NPUs the engines find each other without a server, and only this protocol exists. */
const storeFile = (wanted: Fields, at: { readonly ip: string; readonly port: number } | undefined) => ({
  name: "ascend-store.json",
  format: "json" as const,
  value: {
    metadata_server: "P2PHANDSHAKE",
    protocol: "ascend",
    device_name: "",
    ...(at !== undefined && { master_server_address: `${at.ip}:${at.port}` }),
    global_segment_size: wanted.global_segment_size,
    ...(wanted.local_buffer_size !== undefined && { local_buffer_size: wanted.local_buffer_size }),
    ...wanted.store,
  },
});
