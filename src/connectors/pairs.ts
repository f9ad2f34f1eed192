import { firsts, meetings, once } from "../once.ts";
import type { Path } from "../topology/rule.ts";
import type { ConnectorUse, EnvValue, Instance, Role, Topology } from "../topology/topology.ts";

/** Prefill instances with the decode instances that they may meet; those that look alike are not paired one by one. */
export const pairs = once((topology: Topology) => {
  const of = (role: Role) => topology.instances.filter((instance) => instance.role === role);
  return meetings(of("prefill"), of("decode"), (instance) => looks(topology, instance));
});

/** All that a rule over pairs may look at. */
function looks(topology: Topology, instance: Instance): string {
  const environments = instance.nodes.map((name) => nodesByName(topology).get(name)?.env);
  return JSON.stringify([instance.engine, hardwareOf(topology, instance), environments]);
}

const nodesByName = once(({ nodes }: Topology) => firsts(nodes, ({ name }) => name));

/** Where a connector stands in the topology, and the roles whose engines have it. */
export function* usesOf(connector: string, { kv }: Topology): Iterable<{ use: ConnectorUse; roles: readonly Role[] }> {
  if (kv.transfer.connector === connector) yield { use: kv.transfer, roles: ["prefill", "decode"] };
  if (kv.cache?.connector === connector) yield { use: kv.cache, roles: kv.cache.roles };
}

/** Accelerator of an instance, whatever its generation: that of its first node. */
export const hardwareOf = (topology: Topology, instance: Instance): string =>
  familyOf(topology, instance.nodes[0] ?? "");

export function familyOf(topology: Topology, node: string): string {
  const { family, hardware = "none" } = nodesByName(topology).get(node) ?? {};
  return family ?? hardware;
}

/** What the user set for one variable of an instance, per node; the node's own value is the last layer. */
export function* userEnv(
  topology: Topology,
  instance: Instance,
  name: string,
): Iterable<{ node: string; value: EnvValue; at: Path }> {
  for (const node of new Set(instance.nodes.flatMap((each) => nodesByName(topology).get(each) ?? []))) {
    const own = node.env[name];
    const value = own ?? instance.engine.env[name];
    if (value === undefined) continue;
    yield {
      node: node.name,
      value,
      at: own === undefined ? [...instance.path, "env", name] : [...node.path, "env", name],
    };
  }
}

/** A number that the user wrote as an argument; undefined: not written. */
export function argNumber({ engine }: Instance, flag: string): number | undefined {
  const value = engine.args[flag];
  return typeof value === "string" && /^[1-9]\d*$/.test(value) ? Number(value) : undefined;
}

/** Text that the user wrote as an argument; undefined: not written. */
export function argText({ engine }: Instance, flag: string): string | undefined {
  const value = engine.args[flag];
  return typeof value === "string" ? value : undefined;
}
