import { proxies } from "../proxies/index.ts";
import type { Rule } from "../topology/rule.ts";
import type { Topology } from "../topology/topology.ts";

/** A10 for one connector: the proxies that speak its protocol. Source: launch.md §10.6, proxy and connector matrix. */
export function speaks(
  connector: string,
): Rule<Topology, { kind: string; connector: string; known: readonly string[] }> {
  return {
    id: "A10",
    level: "error",
    *check(topology) {
      const { kv, proxy } = topology;
      const { connector: used, fields } = kv.transfer;
      if (used !== connector || fields.prefill["variant"] === "layerwise") return; // that variant is A06's
      const spoken = fields.prefill["mode"] === "push" ? `${connector} push` : connector;
      const known = Object.values(proxies).filter((each) => each.speaks.includes(spoken));
      if (!known.includes(proxies[proxy.kind]))
        yield {
          at: [...proxy.path, "kind"],
          data: { kind: proxy.kind, connector: spoken, known: known.map(({ name }) => name) },
        };
    },
    message: ({ kind, connector }) => `proxy ${kind} does not speak ${connector}`,
    remedy: ({ known }) => known.map((kind, index) => (index === 0 ? `kind: ${kind}` : `or kind: ${kind}`)),
  };
}
