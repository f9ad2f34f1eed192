import { foldRange } from "../../words/range.ts";
import { errorAt } from "../findings/finding.ts";
import type { Finding, Path } from "../rule.ts";
import type { InstanceEntry, RoleKeys } from "../shape/engine.ts";
import type { Role } from "../topology.ts";
import type { Tree } from "../tree/tree.ts";
import { type KnownNodes, namedNodes } from "./node-refs.ts";
import { type Placement, place, type Room, take } from "./place.ts";
import { shareOut } from "./share-out.ts";

/** One entry of a role's list of instances; a role with a number of instances is one entry. */
export interface Entry {
  readonly role: Role;
  readonly path: Path;
  readonly count: number;
  readonly keys: InstanceEntry;
}

/** The nodes of each instance of an entry. */
export interface Seated {
  readonly entry: Entry;
  readonly seats: readonly (readonly string[])[];
}

/** What placing has to know: the devices of one instance of an entry, and those that nobody holds yet. */
export interface Space {
  readonly devicesOf: (entry: Entry) => number;
  readonly room: Room;
}

/** Who sits where: entries with nodes of their own on those, all others together on the role's, in file order. */
export function seatEntries(
  role: Role,
  keys: RoleKeys,
  tree: Tree,
  known: KnownNodes,
  space: Space,
): { readonly seated: readonly Seated[]; readonly findings: readonly Finding[] } {
  const entries = entriesOf(role, keys);
  const shared = keys.nodes === undefined ? NOBODY : namedNodes(tree, [role, "nodes"], known);
  const sharers = entries.filter((entry) => entry.keys.nodes === undefined);
  const together = keys.placement ?? sharers.find((entry) => entry.keys.placement)?.keys.placement;
  const own = entries.map((entry) => {
    if (entry.keys.nodes === undefined) return undefined;
    const named = namedNodes(tree, [...entry.path, "nodes"], known);
    return seatsFor({ role, entries: [entry], named, how: entry.keys.placement }, space);
  });
  const among =
    sharers.length === 0
      ? { seats: [], findings: [] }
      : seatsFor({ role, entries: sharers, named: shared, how: together }, space);
  const free = [...among.seats];
  return {
    seated: entries.map((entry, i) => ({ entry, seats: own[i]?.seats ?? free.splice(0, entry.count) })),
    findings: [
      ...(sharers.length === 0 ? shared.findings : []),
      ...among.findings,
      ...own.flatMap((one) => one?.findings ?? []),
    ],
  };
}

const NOBODY = { names: [], findings: [] };

function entriesOf(role: Role, { instances = 1 }: RoleKeys): readonly Entry[] {
  if (typeof instances === "number") return [{ role, path: [role], count: instances, keys: {} }];
  return instances.map((keys, i) => ({ role, path: [role, "instances", i], count: keys.count ?? 1, keys }));
}

/** Entries that take their seats together, on the nodes that are named for them. */
interface Party {
  readonly role: Role;
  readonly entries: readonly Entry[];
  readonly named: ReturnType<typeof namedNodes>;
  readonly how: Placement | undefined;
}

function seatsFor(
  { role, entries, named: { names, findings }, how }: Party,
  { devicesOf, room }: Space,
): { readonly seats: readonly (readonly string[])[]; readonly findings: readonly Finding[] } {
  if (findings.length > 0) return { seats: [], findings };
  const wanted = entries.flatMap((entry) => Array.from({ length: entry.count }, () => devicesOf(entry)));
  if (how !== undefined && names.length > 0) {
    const placed = place(how, wanted, names, room);
    const homeless = placed.indexOf(undefined);
    if (homeless < 0) return { seats: placed.map((node) => (node === undefined ? [] : [node])), findings: [] };
    return { seats: [], findings: [noRoom(role, entries, wanted, homeless, names)] };
  }
  const shared = shareOut(names, wanted.length);
  if ("nodesOf" in shared) {
    for (const [i, nodes] of shared.nodesOf.entries())
      for (const node of nodes) take(room, node, Math.ceil((wanted[i] ?? 0) / nodes.length));
    return { seats: shared.nodesOf, findings: [] };
  }
  return { seats: [], findings: [cannotShare(role, entries, wanted.length, names, shared.legal)] };
}

function cannotShare(
  role: Role,
  entries: readonly Entry[],
  count: number,
  nodes: readonly string[],
  legal: readonly string[],
): Finding {
  const [first] = entries;
  const inList = first !== undefined && first.path.length > 1;
  if (nodes.length === 0) {
    const at = inList && entries.length === 1 ? first.path : [role];
    return errorAt([...at, "nodes"], "S04", `${role} has no nodes`, { remedy: "nodes: [NAME], or a range" });
  }
  const at = inList && entries.length === 1 ? [...first.path, "count"] : [role, "instances"];
  const title = `${count} ${role} instances cannot be shared out over ${nodes.length} nodes`;
  const remedy = inList ? legal.map((text) => text.replace("instances:", "counts that add up to")) : legal;
  return errorAt(at, "instances", title, { remedy: [...remedy, "or placement: spread, for as many as find room"] });
}

function noRoom(
  role: Role,
  entries: readonly Entry[],
  wanted: readonly number[],
  homeless: number,
  nodes: readonly string[],
): Finding {
  const [first] = entries;
  const at = first !== undefined && first.path.length > 1 && entries.length === 1 ? first.path : [role];
  const [devices = 0, where] = [wanted[homeless], foldRange(nodes)];
  const title = `${role} instance ${homeless + 1} of ${wanted.length} finds no node with ${devices} free ${devices === 1 ? "device" : "devices"} on ${where}`;
  return errorAt([...at, "placement"], "instances", title, {
    remedy: [
      `fewer instances than ${wanted.length}, more nodes, or a smaller tp`,
      "an instance over several nodes: nodes of its own, and no placement",
    ],
  });
}
