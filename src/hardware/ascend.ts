import { ascendCauses } from "./ascend-causes.ts";
import type { Hardware } from "./hardware.ts";
import { a07 } from "./rules/ascend.ts";

/** Huawei Ascend (Atlas A2, A3). Source: launch.md §1.6, §4.6, §8.1. */
export const ascend: Hardware = {
  name: "ascend",
  family: "ascend",
  about: "Huawei Ascend",
  lists: "ascend",
  idleShare: 0.1, // its own system: 2.8 of 32 GB, 3.4 of 64
  plugin: { module: "vllm_ascend", package: "vllm-ascend", pairs: true },
  visibility: "ASCEND_RT_VISIBLE_DEVICES",
  alsoVisibility: ["ASCEND_VISIBLE_DEVICES"], // the container runtime's variable
  interfaces: ["GLOO_SOCKET_IFNAME", "HCCL_SOCKET_IFNAME", "TP_SOCKET_IFNAME"],
  addresses: ["HCCL_IF_IP"],
  vendorScripts: ["/usr/local/Ascend/ascend-toolkit/set_env.sh", "/usr/local/Ascend/nnal/atb/set_env.sh"],
  env: {
    HCCL_BUFFSIZE: "256",
    LD_LIBRARY_PATH: {
      prepend: ["/usr/local/lib", "/usr/local/Ascend/ascend-toolkit/latest/python/site-packages"],
      append: [],
    },
    OMP_NUM_THREADS: "10",
    OMP_PROC_BIND: "false",
    PYTORCH_NPU_ALLOC_CONF: "expandable_segments:True",
    TASK_QUEUE_ENABLE: "1",
  },
  container: (ids) => [
    ...ids.flatMap((id) => ["--device", `/dev/davinci${id}`]),
    ...["/dev/davinci_manager", "/dev/devmm_svm", "/dev/hisi_hdc"].flatMap((device) => ["--device", device]),
    ...driverFiles.flatMap((file) => ["-v", `${file}:${file}:ro`]),
  ],
  blockSize: 128,
  kvBufferDevices: ["npu", "cpu"],
  sameInGroup: ["HCCL_BUFFSIZE", "HCCL_OP_EXPANSION_MODE", "HCCL_INTRA_ROCE_ENABLE"],
  causes: ascendCauses,
  rules: [],
  factsRules: [a07],
};

const driverFiles = [
  "/usr/local/dcmi",
  "/usr/local/bin/npu-smi",
  "/usr/local/Ascend/driver/lib64",
  "/usr/local/Ascend/driver/version.info",
  "/etc/ascend_install.info",
  "/etc/hccn.conf",
];
