import type { Drift } from "../../era.ts";

/** No name is right on both sides; while the release is not known, the newer one. Source: vLLM #30201. */
export const exampleName: Drift = {
  package: "vllm",
  what: "the connector that keeps KV in files",
  old: "SharedStorageConnector",
  now: "ExampleConnector",
  until: "0.12.0",
  since: "0.14.0",
  replace: "ExampleConnector",
};

export const drift: readonly Drift[] = [exampleName];
