import type { Path } from "../topology/rule.ts";
import type { ConnectorUse, EnvValue, Instance, Role, Topology } from "../topology/topology.ts";

/** Every prefill instance with every decode instance: any of them may meet. */
export function* pairs({ instances }: Topology): Iterable<readonly [Instance, Instance]> {
  for (const p of instances.filter(({ role }) => role === "prefill"))
    for (const d of instances.filter(({ role }) => role === "decode")) yield [p, d];
}

/** Where a connector stands in the topology, and the roles whose engines have it. */
export function* usesOf(connector: string, { kv }: Topology): Iterable<{ use: ConnectorUse; roles: readonly Role[] }> {
  if (kv.transfer.connector === connector) yield { use: kv.transfer, roles: ["prefill", "decode"] };
  if (kv.cache?.connector === connector) yield { use: kv.cache, roles: kv.cache.roles };
}

/** Hardware of an instance: that of its first node. */
export function hardwareOf({ nodes }: Topology, instance: Instance): string {
  return nodes.find(({ name }) => name === instance.nodes[0])?.hardware ?? "none";
}

/** What the user set for one variable of an instance, per node; the node's own value is the last layer. */
export function* userEnv(
  { nodes }: Topology,
  instance: Instance,
  name: string,
): Iterable<{ node: string; value: EnvValue; at: Path }> {
  for (const node of nodes.filter((each) => instance.nodes.includes(each.name))) {
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
