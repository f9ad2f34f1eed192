import type { Connector } from "../connector.ts";
import { causes } from "./causes.ts";
import { type Fields, fields } from "./fields.ts";
import { factsRules, planRules, rules } from "./rules.ts";

const external = 'vllm:prompt_tokens_by_source_total{source="external_kv_transfer"}';

/** UCMConnector: KV blocks in a directory, as the only transfer or as a prefix cache beside another. Source: launch.md §3.8. */
export const ucm: Connector<Fields, never> = {
  name: "ucm",
  fields,
  uses: ["transfer", "cache"],
  rules,
  planRules,
  factsRules,
  causes,
  asks: ({ storage_backends }) => ({ directories: storage_backends, modules: [["ucm"]] }),
  restartsPeers: false,
  managedEnv: new Map(),
  claims: () => [],
  emit: ({ fields: wanted, versions }) => ({
    kv: {
      kv_connector: "UCMConnector",
      kv_role: wanted.kv_role,
      kv_connector_module_path: "ucm.integration.vllm.ucm_connector",
      kv_connector_extra_config: { UCM_CONFIG_FILE: { file: "ucm.yaml" }, ...wanted.extra },
    },
    env: versions.vllm?.startsWith("0.11.0") ? { ENABLE_UCM_PATCH: "1" } : {},
    files: [
      {
        name: "ucm.yaml",
        format: "yaml",
        value: {
          ucm_connectors: [
            {
              ucm_connector_name: wanted.ucm_connector_name,
              ucm_connector_config: {
                store_pipeline: wanted.store_pipeline,
                storage_backends: wanted.storage_backends.join(":"),
                ...(wanted.cache_buffer_capacity_gb !== undefined && {
                  cache_buffer_capacity_gb: wanted.cache_buffer_capacity_gb,
                }),
                ...wanted.store,
              },
            },
          ],
          enable_event_sync: wanted.enable_event_sync,
          use_layerwise: wanted.use_layerwise,
        },
      },
    ],
  }),
  shared: ({ storage_backends }) => ({
    services: [],
    proxy: { family: "shared-store" },
    decodeAlone: true,
    proof: { rises: [external], tokens: external, stays: [], log: "hit external: [1-9]", store: storage_backends },
    reserves: () => [],
  }),
  rehearse(wanted, cluster) {
    const storage_backends = wanted.storage_backends.map((directory) => `${directory}/pdctl-rehearsal-${cluster}`);
    return { fields: { ...wanted, storage_backends }, scratch: storage_backends };
  },
};
