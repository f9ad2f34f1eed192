import type { Cause } from "../diagnose/cause.ts";

/** Source: launch.md §4.5, §5.4, §6.2. */
export const gaudiCauses: readonly Cause[] = [
  {
    id: "device-memory",
    pattern: /(HPU out of memory|Allocation failed for size|MemoryError.*hpu)/i,
    says: "the device ran out of memory",
    remedy: ["lower gpu-memory-utilization, max-num-seqs or max-model-len", "see who holds it: hl-smi"],
  },
  {
    id: "device-missing",
    pattern: /(synStatus=8 \[Device not found\]|Device acquire failed|No HPU devices? (found|available))/,
    says: "the module is not there or is held by another process",
    remedy: ["compare devices of the node with: hl-smi -Q index,module_id -f csv"],
  },
  {
    id: "collective-lost",
    pattern: /(HCCL.*(remote|peer).*(closed|lost|disconnect)|hcclRemoteError)/i,
    says: "another rank of the group went away",
    remedy: ["look at the rank that died first"],
    follows: true,
  },
];
