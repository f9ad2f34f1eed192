import { Bug } from "../../errors.ts";
import { defined } from "../defined.ts";
import { dotted, errorAt } from "../findings/finding.ts";
import type { Finding, Path } from "../rule.ts";
import { portPins, type RoleKeys } from "../shape/engine.ts";
import type { EngineChoice, Instance, Role } from "../topology.ts";
import { child, type Tree } from "../tree/tree.ts";
import { resolveEngine } from "./engine.ts";
import type { KnownNodes } from "./node-refs.ts";
import type { Room } from "./place.ts";
import { type Entry, seatEntries } from "./seats.ts";

interface Resolved {
  readonly instances: readonly Instance[];
  readonly findings: readonly Finding[];
}

/** The instances of a role in file order, each on its nodes; what they hold is taken out of the room. */
export function resolveInstances(role: Role, keys: RoleKeys, tree: Tree, known: KnownNodes, room: Room): Resolved {
  const engines = new Map<Path, ReturnType<typeof engineOf>>();
  const engineAt = (entry: Entry) => {
    const engine = engines.get(entry.path) ?? engineOf(entry, tree);
    engines.set(entry.path, engine);
    return engine;
  };
  const devicesOf = (entry: Entry) => {
    const { tp, pp, pcp, dp } = engineAt(entry).engine.parallel;
    return tp * pp * pcp * dp;
  };
  const { seated, findings } = seatEntries(role, keys, tree, known, { devicesOf, room });
  const found = [...findings];
  const instances: Instance[] = [];
  for (const { entry, seats } of seated) {
    const resolved = engineAt(entry);
    found.push(...resolved.findings);
    for (const [i, nodes] of seats.entries())
      instances.push(make(entry, keys, resolved.engine, nodes, nameOf(entry, i, instances.length)));
  }
  return { instances, findings: [...found, ...sameNames(instances)] };
}

/** All instances of an entry have one engine. */
function engineOf({ role, path }: Entry, tree: Tree) {
  const own = path.length > 1 ? child(tree, ...path) : undefined;
  const resolved = resolveEngine([child(tree, "engine"), child(tree, role), own], path);
  if (resolved === undefined) throw new Bug(`${dotted(path)}: layers that fit alone do not fit merged`);
  return resolved;
}

/** Its number in the role, unless the list names it. */
function nameOf({ keys: { name }, count }: Entry, i: number, number: number): string {
  if (name === undefined) return String(number);
  return count > 1 ? `${name}-${i}` : name;
}

function make(
  { role, path, keys }: Entry,
  roleKeys: RoleKeys,
  engine: EngineChoice,
  nodes: readonly string[],
  name: string,
): Instance {
  const devices = keys.devices ?? roleKeys.devices;
  const pins = portPins.flatMap((key) => {
    const pinned = keys[key] ?? roleKeys[key];
    return pinned === undefined ? [] : [[key, pinned] as const];
  });
  return defined({
    id: `${role}-${name}`,
    role,
    name,
    nodes,
    devices: devices?.map(String),
    engine,
    ports: Object.fromEntries(pins),
    path,
  });
}

function sameNames(instances: readonly Instance[]): readonly Finding[] {
  const seen = new Set<string>();
  return instances.flatMap(({ id, name, path }) => {
    const twice = seen.has(id);
    seen.add(id);
    if (!twice) return [];
    const title = `${dotted(path)}: another instance of the role is called ${name}`;
    return [errorAt([...path, "name"], "duplicate", title, { mark: "value", remedy: "another name" })];
  });
}
