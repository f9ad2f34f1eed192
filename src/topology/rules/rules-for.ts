import type { AnyRule } from "../rule.ts";
import type { Topology } from "../topology.ts";
import type { Declared } from "./declared.ts";

/** The topology's own rules, and those of what it uses. */
export function rulesFor(topology: Topology, declared: Declared): readonly AnyRule<Topology>[] {
  const accelerators = topology.nodes.map(({ hardware }) => declared.hardware.get(hardware));
  return [
    ...declared.rules,
    ...[...accelerators, ...usedConnectors(topology, declared)].flatMap((one) => one?.rules ?? []),
  ];
}

/** The connectors of a topology: that of kv.transfer first. */
export const usedConnectors = ({ kv }: Topology, declared: Declared) =>
  [kv.transfer, kv.cache].flatMap((use) => (use && declared.connectors.get(use.connector)) ?? []);
