import type { Cause } from "../../diagnose/cause.ts";

/** Source: vLLM 0.32, v1/kv_offload/cpu/spec.py; vLLM 0.11, v1/kv_offload/cpu.py. */
export const causes: readonly Cause[] = [
  {
    id: "offloading-size",
    pattern: /(num_cpu_blocks|cpu_bytes_to_use) must be specified in kv_connector_extra_config/,
    says: "this release of vLLM wants the size of the offloading connector under another key",
    remedy: ["kv.cache.num_cpu_blocks beside cpu_gib: blocks, for a release that counts them"],
  },
  {
    id: "offloading-platform",
    pattern: /CPU Offloading is currently only supported on CUDA-alike/,
    says: "the offloading connector does not know this accelerator",
    remedy: ["no kv.cache, or another connector for it"],
  },
];
