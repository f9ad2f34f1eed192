import { constants } from "node:os";
import { foldGroups } from "./range.ts";

/** How ids are shown to people: an instance with one engine by its instance name, the others in full. */
export type Naming = (id: string) => string;

const ENGINE = /^((?:prefill|decode)-.+)-(\d+)$/;

/** Needs all ids of the cluster: whether an instance has one engine is not seen from one id. */
export function naming(ids: Iterable<string>): Naming {
  const engines = new Map<string, number>();
  for (const id of ids) {
    const instance = ENGINE.exec(id)?.[1];
    if (instance !== undefined) engines.set(instance, (engines.get(instance) ?? 0) + 1);
  }
  return (id) => {
    const instance = ENGINE.exec(id)?.[1];
    return instance !== undefined && engines.get(instance) === 1 ? instance : id;
  };
}

const MOST_GROUPS = 6;

/** `prefill-0-[0-3], decode-0-[0-3]`: kinds of names in the order of first appearance, past six groups `… 41 more`. */
export function folded(names: readonly string[]): string {
  const kinds = new Map<string, string[]>();
  for (const name of new Set(names)) {
    const kind = name.replace(/\d+/g, "#");
    kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  }
  const groups = [...kinds.values()].flatMap((kind) => foldGroups(kind));
  if (groups.length <= MOST_GROUPS) return groups.join(", ");
  const shown = groups.slice(0, MOST_GROUPS);
  const left = new Set(names).size - shown.reduce((sum, group) => sum + membersOf(group), 0);
  return `${shown.join(", ")}, … ${left} more`;
}

/** How many names a folded group stands for: `n[1-3,7]-[0-1]` is eight. */
function membersOf(group: string): number {
  const sets = [...group.matchAll(/\[([\d,-]+)\]/g)].map(([, inside = ""]) =>
    inside.split(",").reduce((sum, span) => {
      const [first = "0", last = first] = span.split("-");
      return sum + Number(last) - Number(first) + 1;
    }, 0),
  );
  return sets.reduce((product, size) => product * size, 1);
}

/** `0-3`, `0-3,6`; ids that are no numbers (CUDA UUIDs) one by one. */
export function runs(ids: readonly (string | number)[]): string {
  const parts: { first: string; last: string }[] = [];
  for (const id of ids.map(String)) {
    const open = parts.at(-1);
    if (open !== undefined && /^\d+$/.test(id) && Number(id) === Number(open.last) + 1) open.last = id;
    else parts.push({ first: id, last: id });
  }
  return parts.map(({ first, last }) => (first === last ? first : `${first}-${last}`)).join(",");
}

/** `9` of `SIGKILL` or `KILL`: how people know it from exit codes; a name that this system does not have stays. */
export function signalNumber(name: string): string {
  const numbers: Readonly<Record<string, number>> = constants.signals;
  return String(numbers[name] ?? numbers[`SIG${name}`] ?? name);
}

export interface Places {
  readonly home?: string;
  readonly cwd?: string;
}

/** A path under the current directory starts with `./`, under the home with `~`. */
export function shorten(path: string, { home, cwd }: Places): string {
  for (const [root, short] of [
    [cwd, "."],
    [home, "~"],
  ] as const)
    if (root !== undefined && root !== "/" && path.startsWith(`${root}/`)) return short + path.slice(root.length);
  return path;
}
