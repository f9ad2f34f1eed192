import type { Connector } from "../connector.ts";
import { master } from "../mooncake-library/master.ts";
import { causes } from "./causes.ts";
import { type Fields, fields } from "./fields.ts";
import { factsRules, families, planRules, rules } from "./rules.ts";

const external = 'vllm:prompt_tokens_by_source_total{source="external_kv_transfer"}';

/** MooncakeStoreConnector: blocks of KV in the memory of all nodes, listed by one master. Source: launch.md §3.4; vLLM 0.32, mooncake/store. */
export const mooncakeStore: Connector<Fields, never> = {
  name: "mooncake-store",
  hardware: families,
  fields,
  uses: ["transfer", "cache"],
  rules,
  planRules,
  factsRules,
  causes,
  asks: () => ({ modules: [["mooncake"]] }),
  restartsPeers: false,
  managedEnv: new Map([["MOONCAKE_CONFIG_PATH", "kv.….mooncake-store"]]),
  claims: () => [],
  emit({ engine, fields: wanted, services }) {
    const at = services["mooncake-master"];
    const address = at === undefined ? wanted.master_server_address : `${at.ip}:${at.port}`;
    const segment = wanted.mode === "standalone-store" ? 0 : wanted.global_segment_size;
    return {
      kv: {
        kv_connector: "MooncakeStoreConnector",
        kv_role: wanted.kv_role ?? "kv_both",
        ...(wanted.kv_load_failure_policy && { kv_load_failure_policy: wanted.kv_load_failure_policy }),
        kv_connector_extra_config: {
          lookup_rpc_port: engine.id.replace(/-\d+$/, ""), // names a socket; ranks add their own number
          ...(wanted.load_async !== undefined && { load_async: wanted.load_async }),
          ...(wanted.save_decode_cache !== undefined && { save_decode_cache: wanted.save_decode_cache }),
          ...wanted.extra,
        },
      },
      env: { MOONCAKE_CONFIG_PATH: { file: "mooncake-store.json" } },
      files: [
        {
          name: "mooncake-store.json",
          format: "json",
          value: {
            mode: wanted.mode,
            metadata_server: wanted.metadata_server,
            ...(address !== undefined && { master_server_address: address }),
            protocol: wanted.protocol,
            device_name: wanted.device_name,
            ...(segment !== undefined && { global_segment_size: segment }),
            ...(wanted.local_buffer_size !== undefined && { local_buffer_size: wanted.local_buffer_size }),
            ...(wanted.enable_offload !== undefined && { enable_offload: wanted.enable_offload }),
            ...(wanted.tenant_id !== undefined && { tenant_id: wanted.tenant_id }),
          },
        },
      ],
    };
  },
  shared: ({ master: wanted }, topology) => ({
    services: wanted ? [master(wanted, topology)] : [],
    proxy: { family: "shared-store" },
    decodeAlone: true,
    proof: { rises: [external], tokens: external, stays: [] },
    // its transfer engine draws as that of the transfer does; between the engines themselves
    reserves: ({ hardware }) =>
      families.includes(hardware.family) ? [{ first: 15_000, last: 17_000, purpose: "transfer engine" }] : [],
  }),
};
