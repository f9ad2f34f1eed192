import type { Args, ArgValue } from "../topology/topology.ts";
import { type Flag, flags } from "./flags.ts";

/** The words of one argument: `true` → `--flag`, `false` → `--no-flag`, JSON → one word, a list as its flag wants it. */
export function words(name: string, value: ArgValue): readonly string[] {
  if (value === true) return [`--${name}`];
  if (value === false) return [`--no-${name}`];
  if (typeof value === "string") return [`--${name}`, value];
  if ("json" in value) return [`--${name}`, JSON.stringify(value.json)];
  return listed(`--${name}`, value, flags.get(name));
}

function listed(flag: string, values: readonly string[], form: Flag | undefined): readonly string[] {
  if (form?.repeats) return values.flatMap((value) => [flag, value]);
  if (form?.words === undefined && form?.kind === "commas") return [flag, values.join(",")];
  if (form?.words === undefined && form?.kind === "json") return [flag, JSON.stringify(values)];
  return [flag, ...values];
}

/** By name, so that the same arguments always give the same bytes. */
export const sorted = (args: Args): readonly (readonly [string, ArgValue])[] =>
  Object.entries(args).sort(([a], [b]) => (a < b ? -1 : 1));
