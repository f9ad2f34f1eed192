import type { AnyRule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import type { Connector } from "../connector.ts";
import { runsOn } from "../hardware.ts";
import { causes } from "./causes.ts";
import { type Fields, fields } from "./fields.ts";

const GIB = 2 ** 30;
const loads = "vllm:kv_offload_load_bytes_total";
/** Accelerators whose memory it copies; vllm-ascend has a worker of its own for it. Source: vLLM 0.32, v1/kv_offload/cpu/spec.py. */
const families: readonly string[] = ["cuda", "rocm", "ascend"];
const rules: readonly AnyRule<Topology>[] = [runsOn("offloading", families)];

/** OffloadingConnector: blocks that leave the accelerator stay in the node's memory. Source: launch.md §3.1; vLLM 0.32, offloading_connector.py. */
export const offloading: Connector<Fields, never> = {
  name: "offloading",
  hardware: families,
  fields,
  uses: ["cache"],
  rules,
  planRules: [],
  causes,
  restartsPeers: false,
  managedEnv: new Map(),
  claims: () => [],
  emit: ({ fields: { kv_role, cpu_gib, num_cpu_blocks, blocks_per_chunk, extra } }) => ({
    kv: {
      kv_connector: "OffloadingConnector",
      kv_role,
      kv_connector_extra_config: {
        cpu_bytes_to_use: Math.round(cpu_gib * GIB),
        ...(num_cpu_blocks !== undefined && { num_cpu_blocks }),
        ...(blocks_per_chunk !== undefined && { blocks_per_chunk }),
        ...extra,
      },
    },
    env: {},
    files: [],
  }),
  shared: () => ({
    services: [],
    proxy: { family: "shared-store" },
    decodeAlone: true,
    proof: { rises: [loads], tokens: loads, stays: [] },
    reserves: () => [],
  }),
};
