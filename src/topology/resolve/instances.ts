import { defined } from "../defined.ts";
import { dotted, errorAt } from "../finding.ts";
import type { Finding, Path } from "../rule.ts";
import { type InstanceEntry, portPins, type RoleKeys } from "../shape/engine.ts";
import type { Instance, Role } from "../topology.ts";
import { child, type Tree } from "../tree.ts";
import { resolveEngine } from "./engine.ts";
import { namedNodes } from "./node-refs.ts";
import { shareOut } from "./share-out.ts";

interface Resolved {
  readonly instances: readonly Instance[];
  readonly findings: readonly Finding[];
}

/** The instances of a role in file order, each on its nodes. */
export function resolveInstances(role: Role, keys: RoleKeys, tree: Tree, known: readonly string[]): Resolved {
  const shared = keys.nodes === undefined ? { names: [], findings: [] } : namedNodes(tree, [role, "nodes"], known);
  const entries = entriesOf(role, keys);
  const places = entries.map((entry) => placed(entry, tree, known));
  const sharers = places.filter((place) => place.nodes === undefined);
  const seats = shareOut(
    shared.names,
    sharers.reduce((sum, { entry }) => sum + entry.count, 0),
  );
  const findings = [...shared.findings, ...places.flatMap((place) => place.findings)];
  if (sharers.length > 0 && shared.findings.length === 0 && "legal" in seats)
    findings.push(cannotShare(role, sharers, shared.names, seats.legal));

  const free = "nodesOf" in seats ? [...seats.nodesOf] : [];
  const seated = places.flatMap(({ entry, nodes }) =>
    (nodes ?? free.splice(0, entry.count)).map((names, i) => ({ entry, names, i })),
  );
  const made = seated.map(({ entry, names, i }, number) => make(entry, names, nameOf(entry, i, number), tree));
  return {
    instances: made.flatMap(({ instances }) => instances),
    findings: [
      ...findings,
      ...made.flatMap((one) => one.findings),
      ...sameNames(made.flatMap(({ instances }) => instances)),
    ],
  };
}

/** What the role says, once per entry of its list. */
interface EntryOf {
  readonly role: Role;
  readonly path: Path;
  readonly count: number;
  readonly keys: InstanceEntry;
  readonly roleKeys: RoleKeys;
}

function entriesOf(role: Role, roleKeys: RoleKeys): readonly EntryOf[] {
  const { instances = 1 } = roleKeys;
  if (typeof instances === "number") return [{ role, path: [role], count: instances, keys: {}, roleKeys }];
  return instances.map((keys, i) => ({ role, path: [role, "instances", i], count: keys.count ?? 1, keys, roleKeys }));
}

interface Placed {
  readonly entry: EntryOf;
  /** Nodes of each of its instances; undefined: it shares the role's nodes with the other entries that name none. */
  readonly nodes?: readonly (readonly string[])[];
  readonly findings: readonly Finding[];
}

function placed(entry: EntryOf, tree: Tree, known: readonly string[]): Placed {
  if (entry.keys.nodes === undefined) return { entry, findings: [] };
  const { names, findings } = namedNodes(tree, [...entry.path, "nodes"], known);
  const seats = shareOut(names, entry.count);
  if ("nodesOf" in seats) return { entry, nodes: seats.nodesOf, findings };
  return {
    entry,
    nodes: [],
    findings: findings.length > 0 ? findings : [cannotShare(entry.role, [{ entry }], names, seats.legal)],
  };
}

function cannotShare(
  role: Role,
  sharers: readonly { entry: EntryOf }[],
  nodes: readonly string[],
  legal: readonly string[],
): Finding {
  const [first] = sharers;
  const list = first !== undefined && first.entry.path.length > 1;
  const count = sharers.reduce((sum, { entry }) => sum + entry.count, 0);
  if (nodes.length === 0)
    return errorAt([role, "nodes"], "S04", `${role} has no nodes`, {
      mark: "pair",
      remedy: "nodes: [NAME], or a range",
    });
  const at = list && sharers.length === 1 ? [...first.entry.path, "count"] : [role, "instances"];
  return errorAt(at, "instances", `${count} ${role} instances cannot be shared out over ${nodes.length} nodes`, {
    remedy: list ? legal.map((text) => text.replace("instances:", "counts that add up to")) : legal,
  });
}

function nameOf({ keys: { name }, count }: EntryOf, i: number, number: number): string {
  if (name === undefined) return String(number);
  return count > 1 ? `${name}-${i}` : name;
}

function make({ role, path, keys, roleKeys }: EntryOf, nodes: readonly string[], name: string, tree: Tree): Resolved {
  const own = path.length > 1 ? child(tree, ...path) : undefined;
  const resolved = resolveEngine([child(tree, "engine"), child(tree, role), own], path);
  if (resolved === undefined) return { instances: [], findings: [] };
  const devices = keys.devices ?? roleKeys.devices;
  const pins = portPins.flatMap((key) => {
    const pinned = keys[key] ?? roleKeys[key];
    return pinned === undefined ? [] : [[key, pinned] as const];
  });
  const instance: Instance = defined({
    id: `${role}-${name}`,
    role,
    name,
    nodes,
    devices: devices?.map(String),
    engine: resolved.engine,
    ports: Object.fromEntries(pins),
    path,
  });
  return { instances: [instance], findings: resolved.findings };
}

function sameNames(instances: readonly Instance[]): readonly Finding[] {
  return instances
    .filter(({ id }, i) => instances.findIndex((other) => other.id === id) < i)
    .map(({ name, path }) =>
      errorAt([...path, "name"], "duplicate", `${dotted(path)}: another instance of the role is called ${name}`, {
        mark: "value",
        remedy: "another name",
      }),
    );
}
