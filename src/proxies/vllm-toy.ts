import type { ProxyKind } from "./kind.ts";
import { alwaysBoth, inTurn, noBound, ownAddress, portHostAndLists } from "./lists.ts";

/** `toy_proxy_server.py` of vLLM's NIXL tests. Source: proxy-protocols.md §A. */
export const vllmToy: ProxyKind = {
  name: "vllm-toy",
  command: null,
  speaks: ["nixl"],
  health: "/healthcheck",
  policies: { round_robin: "round_robin" },
  ignores: { policy: inTurn, max_concurrent: noBound, pd_min_prompt_tokens: alwaysBoth },
  managed: ownAddress,
  flags: portHostAndLists,
  listens: () => [],
};
