import { era } from "../../era.ts";
import type { Connector } from "../connector.ts";
import { exampleName } from "./drift.ts";
import { type Fields, fields } from "./fields.ts";
import { rules } from "./rules.ts";

const external = 'vllm:prompt_tokens_by_source_total{source="external_kv_transfer"}';

/** ExampleConnector: the KV of whole prompts as files, to try things with; nothing is ever removed. Source: vLLM 0.32, example_connector.py. */
export const example: Connector<Fields, never> = {
  name: "example",
  fields,
  uses: ["transfer"],
  rules,
  planRules: [],
  causes: [],
  asks: ({ shared_storage_path }) => ({ directories: [shared_storage_path] }),
  restartsPeers: false,
  managedEnv: new Map(),
  claims: () => [],
  emit: ({ fields: { kv_role, shared_storage_path }, versions }) => ({
    kv: {
      kv_connector: era(versions.vllm, exampleName) === "old" ? exampleName.old : exampleName.now,
      kv_role,
      kv_connector_extra_config: { shared_storage_path },
    },
    env: {},
    files: [],
  }),
  shared: ({ shared_storage_path }) => ({
    services: [],
    proxy: { family: "shared-store" },
    decodeAlone: true,
    proof: {
      rises: [external],
      tokens: external,
      stays: [],
      log: "Inject KV cache of [1-9]",
      store: [shared_storage_path],
    },
    reserves: () => [],
  }),
  rehearse(wanted, cluster) {
    const shared_storage_path = `${wanted.shared_storage_path}/pdctl-rehearsal-${cluster}`;
    return { fields: { ...wanted, shared_storage_path }, scratch: [shared_storage_path] };
  },
};
