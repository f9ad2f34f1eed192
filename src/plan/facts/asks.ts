import { grouped } from "../../once.ts";
import type { Topology } from "../../topology/topology.ts";
import type { PlanNode, Service } from "../plan.ts";
import { usesOf } from "../seats/uses.ts";
import { realEngines } from "./real-engines.ts";

/** What the connectors of its engines need to know of each node. A stand-in has neither modules nor KV of its own there. */
export function asksByNode(
  topology: Topology,
  services: readonly Service[],
): ReadonlyMap<string, NonNullable<PlanNode["asks"]>> {
  const uses = { prefill: usesOf(topology, "prefill"), decode: usesOf(topology, "decode") };
  const rows = [...grouped(realEngines({ services }), ({ node }) => node)].flatMap(([node, engines]) => {
    const roles = [...new Set(engines.flatMap(({ role }) => role ?? []))];
    const asked = roles.flatMap((role) => uses[role].map(({ connector, fields }) => connector.asks?.(fields) ?? {}));
    const modules = [...new Set(asked.flatMap((one) => (one.modules ?? []).flat()))];
    const directories = [...new Set(asked.flatMap((one) => one.directories ?? []))];
    return modules.length + directories.length === 0 ? [] : [[node, { modules, directories }] as const];
  });
  return new Map(rows);
}
