import type { Cause } from "../diagnose/cause.ts";

/** Source: vllm-cpu.md §4, §6. */
export const cpuCauses: readonly Cause[] = [
  {
    id: "cpu-blocks",
    pattern: /No common block size for \d+/,
    says: "the attention of a CPU has no blocks of this size",
    remedy: ["engine.args.block-size: 32, or a multiple of it"],
  },
  {
    id: "cpu-kv-memory",
    pattern: /Available memory on node \d+ .* on kv cache allocation is less than requested memory/,
    says: "the machine has no room for the KV cache",
    remedy: ["lower engine.env.VLLM_CPU_KVCACHE_SPACE, which is in GiB", "or free memory on the node"],
  },
  {
    id: "cpu-binding",
    pattern: /Not enough allowed NUMA nodes to bind threads/,
    says: "vLLM wants a NUMA node for each of its workers",
    remedy: ["engine.env.VLLM_CPU_OMP_THREADS_BIND: nobind", "or fewer workers: parallel.tp: 1"],
  },
];
