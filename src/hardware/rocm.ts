import type { Hardware } from "./hardware.ts";
import { rocmCauses } from "./rocm-causes.ts";
import { c06 } from "./rules/rocm.ts";

/** AMD Instinct. Source: launch.md §1.6, §4.4, §8.1. */
export const rocm: Hardware = {
  name: "rocm",
  family: "rocm",
  about: "AMD Instinct",
  lists: "rocm",
  visibility: "HIP_VISIBLE_DEVICES",
  alsoVisibility: ["CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL"],
  interfaces: ["GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"],
  addresses: [],
  vendorScripts: [],
  env: { VLLM_ROCM_USE_AITER: "1" },
  container: () => [
    ...["--device", "/dev/kfd", "--device", "/dev/dri", "--device", "/dev/infiniband"],
    ...["--group-add", "video", "--security-opt", "seccomp=unconfined"],
    ...["--cap-add", "IPC_LOCK", "--cap-add", "SYS_PTRACE"],
  ],
  kvBufferDevices: ["cuda", "cpu"], // torch calls an AMD device cuda
  sameInGroup: ["VLLM_ROCM_USE_AITER"],
  causes: rocmCauses,
  rules: [c06],
};
