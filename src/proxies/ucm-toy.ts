import { listening, type ProxyKind } from "./kind.ts";
import { alwaysBoth, hostsAndPorts, inTurn, noBound, ownAddress } from "./lists.ts";

const script = "/vllm-workspace/unified-cache-management/ucm/pd/toy_proxy_server.py"; // where UCM's images have it

/** `toy_proxy_server.py` of UCM. Source: proxy-protocols.md §D. */
export const ucmToy: ProxyKind = {
  name: "ucm-toy",
  command: ["python3", script],
  speaks: ["ucm"],
  health: "/healthcheck",
  policies: { round_robin: "round_robin" },
  ignores: { policy: inTurn, max_concurrent: noBound, pd_min_prompt_tokens: alwaysBoth },
  managed: ownAddress,
  flags: (ask) => [
    // without it both lists are ignored and every request goes to localhost:8100: U10
    { name: "pd-disaggregation", values: [], why: "two legs", paths: [["proxy", "kind"]] },
    ...listening(ask),
    ...hostsAndPorts(ask.targets),
  ],
  listens: () => [],
};
