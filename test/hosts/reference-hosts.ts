import type { HostSpec, LabOptions } from "./spec.ts";

interface Reference {
  readonly hosts: readonly HostSpec[];
  readonly options: LabOptions;
}

const a2 = (count: number): HostSpec[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `a2-${index + 1}`,
    ip: `192.168.10.${index + 1}`,
    nic: "enp67s0f5",
  }));
const cudaGaudi: Reference = {
  hosts: [
    { name: "cuda-0", ip: "10.0.0.1" },
    { name: "gaudi-0", ip: "10.0.0.2" },
  ],
  options: {},
};
const ucm = (...names: string[]): Reference => ({
  hosts: names.map((name, index) => ({ name, ip: `10.0.2.${index + 1}` })),
  options: { directories: ["/home/models/Qwen2.5-7B-Instruct"], shared: ["/mnt/test1"] },
});

/** The machines of every file in topologies/, with their own addresses, interfaces and directories; local.yaml needs none. */
export const referenceHosts: Readonly<Record<string, Reference>> = {
  "ascend-moe-mooncake.yaml": {
    hosts: a2(4),
    options: { directories: ["/models/Qwen3-235B-A22B-W8A8", "/vllm-workspace/vllm"], shared: ["/mnt/test1"] },
  },
  "ascend-dense-mooncake.yaml": {
    hosts: a2(2),
    options: { directories: ["/models/QwQ-32B", "/vllm-workspace/vllm"], shared: ["/mnt/test1"] },
  },
  "cuda-gaudi-nixl.yaml": cudaGaudi,
  "cuda-gaudi-nixl-homogeneous.yaml": cudaGaudi,
  "gb200-deepseek-nixl.yaml": {
    hosts: [
      ...Array.from({ length: 6 }, (_, index) => ({
        name: `gb${index}`,
        ip: `10.0.1.1${index}`,
        nic: "enP22p3s0f1np1",
      })),
      { name: "router", ip: "10.0.1.20" },
    ],
    options: { directories: ["/data/hf"] },
  },
  "mi300x-llama-nixl.yaml": {
    hosts: [0, 1].map((index) => ({ name: `mi${index}`, ip: `10.0.3.1${index}`, nic: "ens50f1" })),
    options: { directories: ["/data/hf"] },
  },
  "ucm-1p1d.yaml": ucm("gpu-0"),
  "ucm-xpyd.yaml": ucm("gpu-0"),
  "ucm-cross-platform.yaml": ucm("npu-0", "gpu-0"),
};
