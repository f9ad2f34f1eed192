import type { Rule } from "../topology/rule.ts";
import type { ProxyChoice, Topology } from "../topology/topology.ts";

/** A10 for one connector: the proxies that speak its protocol. Source: launch.md §10.6, proxy and connector matrix. */
export function speaks(
  connector: string,
  proxies: (topology: Topology) => readonly ProxyChoice["kind"][],
): Rule<Topology, { kind: string; connector: string; known: readonly string[] }> {
  return {
    id: "A10",
    level: "error",
    *check(topology) {
      const { kv, proxy } = topology;
      if (kv.transfer.connector !== connector) return;
      const known = proxies(topology);
      if (!known.includes(proxy.kind))
        yield { at: [...proxy.path, "kind"], data: { kind: proxy.kind, connector, known } };
    },
    message: ({ kind, connector }) => `proxy ${kind} does not speak ${connector}`,
    remedy: ({ known }) => known.map((kind, index) => (index === 0 ? `kind: ${kind}` : `or kind: ${kind}`)),
  };
}
