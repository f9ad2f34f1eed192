import type { Json, Role } from "../topology/topology.ts";

const names: readonly (readonly [Role, RegExp])[] = [
  ["prefill", /prefill|producer/i],
  ["decode", /decode|consumer/i],
];

/** The role that a text names; undefined where it names none, or both. */
export function roleNamed(text: string): Role | undefined {
  const found = names.filter(([, pattern]) => pattern.test(text));
  return found.length === 1 ? found[0]?.[0] : undefined;
}

/** What the connector is told, else the first text that names one role: the nearest comes first. */
export const roleIn = (kvRole: Json | undefined, hints: readonly string[]): Role | undefined =>
  (typeof kvRole === "string" ? roleNamed(kvRole) : undefined) ??
  hints.map(roleNamed).find((role) => role !== undefined);
