import type { Drift } from "../era.ts";

/** Devices are shown to ROCm by HIP_VISIBLE_DEVICES alone, which every release takes. Source: launch.md §12; vLLM's platforms/rocm.py. */
const rocmVisibility: Drift = {
  package: "vllm",
  what: "CUDA_VISIBLE_DEVICES on ROCm",
  old: "taken",
  now: "deprecated, and an error where it differs",
  until: "0.23.0",
  since: "0.24.0",
  replace: "HIP_VISIBLE_DEVICES",
};

export const drift: readonly Drift[] = [rocmVisibility];
