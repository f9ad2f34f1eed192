import { cudaCauses } from "./cuda-causes.ts";
import type { Hardware } from "./hardware.ts";
import { c15 } from "./rules/cuda.ts";

/** NVIDIA. Source: launch.md §1.6, §4.2, §8.1. */
export const cuda: Hardware = {
  name: "cuda",
  family: "cuda",
  about: "NVIDIA",
  lists: "cuda",
  visibility: "CUDA_VISIBLE_DEVICES",
  alsoVisibility: ["NVIDIA_VISIBLE_DEVICES"],
  interfaces: ["GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"],
  addresses: [],
  vendorScripts: [],
  env: { CUDA_DEVICE_ORDER: "PCI_BUS_ID" }, // the order of nvidia-smi, else ids mean other devices
  container: () => ["--gpus", "all", "--device", "/dev/infiniband", "--cap-add", "IPC_LOCK"],
  kvBufferDevices: ["cuda", "cpu"],
  sameInGroup: ["NCCL_CUMEM_ENABLE", "NCCL_NVLS_ENABLE", "NCCL_MNNVL_ENABLE"],
  causes: cudaCauses,
  rules: [],
  factsRules: [c15],
};
