import type { Cause } from "../diagnose/cause.ts";

/** Source: launch.md §6.1 rows 14, 18–20, 34, 35 and §6.2. */
export const cudaCauses: readonly Cause[] = [
  {
    id: "device-memory",
    pattern: /(CUDA out of memory|torch\.OutOfMemoryError|CUDA error: out of memory)/,
    says: "the device ran out of memory",
    remedy: ["lower gpu-memory-utilization, max-num-seqs or max-model-len", "see who holds it: nvidia-smi"],
  },
  {
    id: "device-missing",
    pattern: /(No CUDA GPUs are available|CUDA error: invalid device ordinal|no CUDA-capable device is detected)/,
    says: "the process sees no such device",
    remedy: ["compare devices of the node with: nvidia-smi -L", "in a container: is it started with --gpus all?"],
  },
  {
    id: "driver",
    pattern:
      /(CUDA driver version is insufficient|Found no NVIDIA driver on your system|NVML.*(Driver\/library version mismatch|not loaded))/,
    says: "the NVIDIA driver is missing or does not match",
    remedy: ["nvidia-smi on the node; after a driver update reboot or reload the modules"],
  },
  {
    id: "device-fault",
    pattern:
      /(CUDA error: an illegal memory access|uncorrectable ECC error|NVRM: Xid|CUDA error: unspecified launch failure)/,
    says: "the device reported a fault",
    remedy: ["dmesg | grep -i xid on the node"],
  },
  {
    id: "nccl-interface",
    pattern: /(Bootstrap : no socket interface found|NCCL WARN .*socketStartConnect: Connect to .* failed)/,
    says: "NCCL could not use the interface it was given",
    remedy: ["set nic of the node to the interface that owns its ip"],
  },
  {
    id: "collective-lost",
    pattern:
      /(Watchdog caught collective|NCCL.*(remote process exited|Connection closed by remote peer)|ncclRemoteError)/,
    says: "another rank of the group went away",
    remedy: ["look at the rank that died first"],
    follows: true,
  },
  {
    id: "nccl",
    pattern: /(NCCL error|ncclUnhandledCudaError|ncclSystemError|unhandled system error)/,
    says: "NCCL failed",
    remedy: ["set engine.env NCCL_DEBUG: INFO and read the lines before this one"],
  },
];
