import type { ProxyKind } from "./kind.ts";
import { alwaysBoth, noBound, ownAddress, portHostAndLists } from "./lists.ts";

const examples = "/vllm-workspace/vllm-ascend/examples/disaggregated_prefill_v1"; // where vllm-ascend's images have them
const byLoad = "it takes the endpoint with the least load";

/** vllm-ascend's load balancer for the pulling Mooncake connectors. Source: proxy-protocols.md §C.1. */
export const ascend: ProxyKind = {
  name: "ascend",
  command: ["python", `${examples}/load_balance_proxy_server_example.py`],
  speaks: ["mooncake-ascend"],
  health: "/healthcheck",
  policies: { least_loaded: "least_loaded" },
  ignores: { policy: byLoad, max_concurrent: noBound, pd_min_prompt_tokens: alwaysBoth },
  managed: ownAddress,
  flags: portHostAndLists,
  listens: () => [],
};

/** Its sibling for the layerwise connector, which decode calls back: it refuses an address that is not one. Source: proxy-protocols.md §C.3. */
export const ascendLayerwise: ProxyKind = {
  ...ascend,
  name: "ascend-layerwise",
  command: ["python", `${examples}/load_balance_proxy_layerwise_server_example.py`],
  speaks: ["mooncake-ascend layerwise"],
};
