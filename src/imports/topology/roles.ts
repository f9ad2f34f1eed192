import type { Json } from "../../topology/topology.ts";
import { shared } from "../commands/layers.ts";
import type { Placed } from "../setup.ts";
import type { Serving } from "./instances.ts";
import { scalar } from "./yaml-text.ts";

type Dict = Readonly<Record<string, Json>>;

export interface RoleKeys {
  /** What all its instances have; may go up to engine. */
  readonly common: Dict;
  /** nodes, instances, devices: stays with the role. */
  readonly own: Dict;
}

/** One role: a number of equal instances where the planner's own order gives the source's nodes and ports, else a list. */
export function roleKeys(
  instances: readonly Serving[],
  keys: readonly Dict[],
  pins: ReadonlyMap<Placed, readonly string[]>,
): RoleKeys {
  const nodes = [...new Set(instances.flatMap((each) => each.nodes))];
  const ports = keys.map(({ port }) => Number(port));
  const base = Math.min(...ports);
  const portless = keys.map(({ port: _, ...rest }) => rest);
  const { common, rest } = shared(portless);
  const equal = rest.every((each) => Object.keys(each).length === 0);
  if (equal && pins.size === 0 && inOrder(instances, nodes) && portsInOrder(instances, base))
    return {
      common: { port: base, ...common },
      own: { nodes, ...(instances.length > 1 && { instances: instances.length }) },
    };
  const [only] = instances;
  if (instances.length === 1 && only !== undefined && portsInOrder(instances, base))
    return { common: { port: base, ...common }, own: { nodes, ...devices(only, pins) } };
  const list = instances.map((instance, i) => ({
    nodes: [...instance.nodes],
    port: ports[i] ?? base,
    ...devices(instance, pins),
    ...rest[i],
  }));
  return { common, own: { nodes, instances: list } };
}

/** n nodes and k instances: n / k nodes each in turn, or k / n instances on each. */
function inOrder(instances: readonly Serving[], nodes: readonly string[]): boolean {
  const [n, k] = [nodes.length, instances.length];
  if (k <= n)
    return (
      n % k === 0 &&
      instances.every((each, i) => each.nodes.join() === nodes.slice((i * n) / k, ((i + 1) * n) / k).join())
    );
  return k % n === 0 && instances.every((each, i) => each.nodes.join() === nodes[Math.floor(i / (k / n))]);
}

/** On each node the endpoints count up from the base. */
function portsInOrder(instances: readonly Serving[], base: number): boolean {
  const next = new Map<string, number>();
  return instances
    .flatMap(({ engines }) => engines)
    .filter(({ group }) => !group.headless)
    .every(({ node, port }) => {
      const expected = next.get(node) ?? base;
      next.set(node, expected + 1);
      return port.value === expected;
    });
}

function devices({ engines, nodes }: Serving, pins: ReadonlyMap<Placed, readonly string[]>): Dict {
  const ids = engines.filter(({ node }) => node === nodes[0]).flatMap((engine) => pins.get(engine) ?? []);
  return ids.length === 0 ? {} : { devices: ids.map(scalar) };
}
