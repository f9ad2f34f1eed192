import { cuda } from "./cuda.ts";
import type { Hardware } from "./hardware.ts";

/** NVIDIA GB200 and GB300: cuda with multi-node NVLink. Source: launch.md §4.3, §8.1. */
export const gb200: Hardware = {
  ...cuda,
  name: "gb200",
  about: "NVIDIA GB200 and GB300: Blackwell with multi-node NVLink",
  devices: 4, // of a compute tray
  interfaces: [...cuda.interfaces, "NVSHMEM_BOOTSTRAP_UID_SOCK_IFNAME"],
  env: {
    ...cuda.env,
    NCCL_CUMEM_ENABLE: "1", // multi-node NVLink needs it
    NCCL_MNNVL_ENABLE: "1",
    NCCL_NVLS_ENABLE: "1",
    NCCL_TIMEOUT: "1800",
    NVIDIA_GDRCOPY: "1",
    NVSHMEM_IB_ENABLE_IBGDA: "1",
    TORCH_NCCL_HEARTBEAT_TIMEOUT_SEC: "1800",
    UCX_IB_ROCE_REACHABILITY_MODE: "local_subnet",
    VLLM_SKIP_P2P_CHECK: "1",
  },
  container: (ids) => [...cuda.container(ids), "--device", "/dev/nvidia-caps-imex-channels"],
};
