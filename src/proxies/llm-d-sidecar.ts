import { addressOf, endpoints, listening, type ProxyKind } from "./kind.ts";
import { noBound } from "./lists.ts";

/**
 * llm-d's routing sidecar: it stands before the decode engine of its own node (R10), and a header says which prefill to take. Without
 * the header it decodes alone; in Kubernetes a scheduler sets it. Source: proxy-protocols.md §F.1, proxy-peers.md §1.
 */
export const llmDSidecar: ProxyKind = {
  name: "llm-d-sidecar",
  command: ["pd-sidecar"],
  speaks: ["nixl"],
  health: "/health",
  policies: {},
  ignores: {
    policy: "the request's own header names the prefill endpoint",
    max_concurrent: noBound,
    pd_min_prompt_tokens: "a request without the header goes to decode alone",
  },
  managed: {
    port: "proxy.port",
    "vllm-port": "decode.port",
    "secure-proxy": "proxy.kind",
    "kv-connector": "kv.transfer.connector",
    connector: "kv.transfer.connector",
  },
  flags(ask) {
    const [, port] = listening(ask); // it listens on every address, and has no flag for one
    const [decode] = endpoints(ask.targets, "decode");
    return [
      port,
      {
        name: "vllm-port",
        values: decode === undefined ? [] : [addressOf(decode).port],
        why: "decode's endpoint on its node",
        paths: [["decode", "port"]],
      },
      { name: "kv-connector", values: ["nixlv2"], why: "kv.transfer", paths: [["kv", "transfer", "connector"]] },
      // one word: Go reads the value of a boolean only behind a "="
      { name: "secure-proxy=false", values: [], why: "engines speak plain HTTP", paths: [] },
      { name: "enable-prefiller-sampling", values: [], why: "one of the endpoints that the header lists", paths: [] },
    ];
  },
  listens: () => [],
  headers: (targets) => ({
    "x-prefiller-host-port": endpoints(targets, "prefill")
      .map(addressOf)
      .map(({ hostname, port }) => `${hostname}:${port}`)
      .join(","),
  }),
};
