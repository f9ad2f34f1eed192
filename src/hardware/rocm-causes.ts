import type { Cause } from "../diagnose/cause.ts";

/** Source: launch.md §4.4, §6.1 rows 18–20, §6.2. */
export const rocmCauses: readonly Cause[] = [
  {
    id: "device-memory",
    pattern: /(hipErrorOutOfMemory|HIP out of memory|torch\.OutOfMemoryError)/,
    says: "the device ran out of memory",
    remedy: ["lower gpu-memory-utilization, max-num-seqs or max-model-len", "see who holds it: fuser -v /dev/kfd"],
  },
  {
    id: "device-missing",
    pattern: /(No HIP GPUs are available|hipErrorNoDevice|hipErrorInvalidDevice)/,
    says: "the process sees no such device",
    remedy: ["the login user needs the groups video and render", "compare devices of the node with: amd-smi list"],
  },
  {
    id: "device-variables",
    pattern: /Inconsistent GPU visibility env vars/,
    says: "two variables name different devices",
    remedy: ["leave both out of env; devices decides"],
  },
  {
    id: "device-fault",
    pattern: /(Memory access fault by GPU node|hipErrorIllegalAddress|HSA_STATUS_ERROR_(EXCEPTION|MEMORY))/,
    says: "the device reported a fault",
    remedy: ["dmesg | grep -i amdgpu on the node"],
  },
  {
    id: "collective-lost",
    pattern: /(Watchdog caught collective|ncclRemoteError|Connection closed by remote peer)/,
    says: "another rank of the group went away",
    remedy: ["look at the rank that died first"],
    follows: true,
  },
];
