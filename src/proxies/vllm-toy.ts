import { listening, type ProxyKind } from "./kind.ts";
import { alwaysBoth, hostsAndPorts, inTurn, noBound, ownAddress } from "./lists.ts";

/** `toy_proxy_server.py` of vLLM's NIXL tests. Source: proxy-protocols.md §A. */
export const vllmToy: ProxyKind = {
  name: "vllm-toy",
  command: null,
  speaks: ["nixl"],
  health: "/healthcheck",
  policies: { round_robin: "round_robin" },
  ignores: { policy: inTurn, max_concurrent: noBound, pd_min_prompt_tokens: alwaysBoth },
  managed: ownAddress,
  flags(ask) {
    const [host, port] = listening(ask);
    return [port, host, ...hostsAndPorts(ask.targets)];
  },
  listens: () => [],
};
