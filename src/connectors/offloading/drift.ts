import type { Drift } from "../../era.ts";

/** The bytes are always written; a release that counts blocks passes over them, and needs num_cpu_blocks. Source: vLLM, kv_offload/cpu.py and cpu/spec.py. */
const offloadingSize: Drift = {
  package: "vllm",
  what: "size of the offloading connector",
  old: "num_cpu_blocks",
  now: "cpu_bytes_to_use",
  until: "0.11.0",
  since: "0.32.0",
  replace: "cpu_bytes_to_use",
};

export const drift: readonly Drift[] = [offloadingSize];
