import type { Cause } from "../../diagnose/cause.ts";

/** Source: vLLM 0.32, moriio_connector.py and moriio_engine.py. */
export const causes: readonly Cause[] = [
  {
    id: "moriio-missing",
    pattern: /MoRIIO is not available/,
    says: "MoRI is not installed where the engine runs",
    remedy: ["install mori into the engine's environment, or take an image for ROCm that has it"],
  },
  {
    id: "moriio-heads",
    pattern: /MoRIIO heterogeneous TP requires replicated KV heads/,
    says: "prefill and decode cut the model's KV heads differently",
    remedy: ["the same tp on both sides"],
  },
  {
    id: "moriio-transfer",
    pattern: /(RDMA transfer failed: |Failed to register local memory: )/,
    says: "MoRI could not move the KV over RDMA",
    remedy: [
      "ulimit -l unlimited, and the RDMA devices in the container",
      "kv.transfer.backend: xgmi, within one node",
    ],
  },
];
