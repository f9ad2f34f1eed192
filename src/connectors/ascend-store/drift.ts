import type { Drift } from "../../era.ts";

/** The old name is still registered: while the release is not known, it is right on both sides. Source: vllm-ascend #4438; launch.md §3.6. */
export const storeName: Drift = {
  package: "vllm-ascend",
  what: "the store's connector",
  old: "MooncakeConnectorStoreV1",
  now: "AscendStoreConnector",
  until: "0.11.0",
  since: "0.13.0",
  replace: "AscendStoreConnector",
};

export const drift: readonly Drift[] = [storeName];
