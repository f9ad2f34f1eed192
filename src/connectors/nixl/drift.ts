import type { Drift } from "../../era.ts";

/** What changed around NIXL. Source: launch.md §12; the releases from vLLM's envs.py, nixl_connector.py and factory.py of each. */

/** The claim reserves what both formulas can bind, so that no version moves another instance's ports. */
const sideChannelFormula: Drift = {
  package: "vllm",
  what: "side-channel port of a rank",
  old: "base + rank · tp + tp rank",
  now: "base + rank",
  until: "0.11.0",
  since: "0.11.2",
};

/** The port is written for every engine, so that neither default is ever used. */
const sideChannelDefault: Drift = {
  package: "vllm",
  what: "VLLM_NIXL_SIDE_CHANNEL_PORT unset",
  old: "5557",
  now: "5600",
  until: "0.11.0",
  since: "0.11.2",
};

/** How long prefill holds KV that nobody fetched. vllm-gaudi still reads the variable: see gaudi.ts. */
export const abortTimeout: Drift = {
  package: "vllm",
  what: "VLLM_NIXL_ABORT_REQUEST_TIMEOUT",
  old: "a variable, 480 s",
  now: "kv_lease_duration in the extra config, 30 s",
  until: "0.21.0",
  since: "0.22.1",
  replace: "kv_lease_duration",
};

/** kv_both is taken by every release and stays the default; a release that has deprecated it gets the side that an engine is on. */
export const bothRoles: Drift = {
  package: "vllm",
  what: "kv_role kv_both",
  old: "usual",
  now: "deprecated: kv_producer and kv_consumer",
  until: "0.22.1",
  since: "0.23.0",
  replace: "kv_producer, kv_consumer",
};

/** Prefill and decode compare what they run at the first handshake: rules M01, M06 and X06 speak in every version. */
const compatHash: Drift = {
  package: "vllm",
  what: "the handshake's comparison",
  old: "none",
  now: "refuses engines that differ",
  until: "0.12.0",
  since: "0.13.0",
};

/** No connector of pdctl's writes it. */
const p2pNccl: Drift = {
  package: "vllm",
  what: "P2pNcclConnector",
  old: "there",
  now: "removed",
  until: "0.23.0",
  since: "0.24.0",
  replace: "NixlConnector",
};

export const drift: readonly Drift[] = [
  sideChannelFormula,
  sideChannelDefault,
  abortTimeout,
  bothRoles,
  compatHash,
  p2pNccl,
];
