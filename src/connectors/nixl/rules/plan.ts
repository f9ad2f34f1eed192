import type { Plan } from "../../../plan/plan.ts";
import type { Rule } from "../../../topology/rule.ts";
import type { Topology } from "../../../topology/topology.ts";

/** X09: prefill tells decode where to pull from; it must not say "here". Source: launch.md §3.2. */
export const x09: Rule<{ topology: Topology; plan: Plan }, { engine: string; value: string; ip: string }> = {
  id: "X09",
  level: "error",
  *check({ topology, plan }) {
    const engines = plan.services.filter(({ kind }) => kind === "engine");
    const addresses = new Map(plan.nodes.map(({ name, ip }) => [name, ip]));
    if (new Set(engines.map(({ node }) => node)).size < 2) return;
    for (const { id, instance, role, node, env } of engines) {
      const host = env["VLLM_NIXL_SIDE_CHANNEL_HOST"];
      const value = typeof host === "string" ? host : "unset";
      const ip = addresses.get(node) ?? "its ip";
      if (value === ip) continue; // S02 judges the address itself
      if (value !== "unset" && !/^(127\.|localhost$|0\.0\.0\.0$|::1$)/.test(value)) continue;
      const at =
        topology.instances.find((each) => each.id === `${role}-${instance}` || each.id === instance)?.path ?? [];
      yield {
        at: [...at, "nodes"],
        subject: id,
        data: { engine: id, value, ip },
      };
    }
  },
  message: ({ engine, value }) => `${engine} names ${value} as its side channel, where no other node reaches it`,
  remedy: ({ ip }) => `ip of the node: an address that the other nodes reach, now ${ip}`,
};
