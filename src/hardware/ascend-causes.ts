import type { Cause } from "../diagnose/cause.ts";

/** Source: launch.md §6.1 rows 12–14, §6.2. */
export const ascendCauses: readonly Cause[] = [
  {
    id: "device-memory",
    pattern: /(NPU out of memory|HBM.*not enough|EL0004)/,
    says: "the device ran out of memory",
    remedy: ["lower gpu-memory-utilization, max-num-seqs or max-model-len", "see who holds it: npu-smi info"],
  },
  {
    id: "hccl-peer-late",
    pattern: /(EI0006|Getting socket times out)/,
    says: "a rank waited too long for another one",
    remedy: [
      "look for a rank that died or never started",
      "nic of each node must own its ip",
      "hccn_tool -i N -tls -g must say the same on all nodes",
      "several nodes: engine.env HCCL_CONNECT_TIMEOUT: 600",
    ],
    follows: true,
  },
  {
    id: "hccl",
    pattern: /(EJ0001|ERR02200|HCCL.*(fail|error))/,
    says: "HCCL failed",
    remedy: ["hccn_tool -i N -link -g and -net_health -g on both nodes"],
  },
  {
    id: "device-missing",
    pattern: /(aclrtSetDevice.*(failed|error)|Invalid device ID|EE1001.*device)/,
    says: "the process sees no such device",
    remedy: ["compare devices of the node with: npu-smi info -l"],
  },
  {
    id: "cann-version",
    pattern: /(use_ascend_direct.*not support|adxl.*(undefined symbol|not found))/i,
    says: "CANN is too old for direct transfers",
    remedy: ["CANN must be newer than 8.3.RC1"],
  },
];
