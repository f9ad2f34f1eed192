import type { Env, EnvValue } from "../topology/topology.ts";
import type { Origin } from "./plan.ts";

/** One layer of an environment and where its values come from. */
export interface EnvLayer {
  readonly env: Env;
  readonly origin: (name: string) => Origin;
  /** Names that it takes out of all layers below it. */
  readonly without?: readonly string[];
}

export interface Layered {
  readonly env: Env;
  readonly origins: Readonly<Record<string, Origin>>;
}

/** Lays environments over each other, the lowest first. Names come out sorted, so that the same layers give the same bytes. */
export function overlay(layers: readonly EnvLayer[]): Layered {
  const values = new Map<string, EnvValue>();
  const origins = new Map<string, Origin>();
  for (const { env, origin, without = [] } of layers) {
    for (const name of without) values.delete(name);
    for (const [name, value] of Object.entries(env)) {
      values.set(name, over(values.get(name), value));
      origins.set(name, origin(name));
    }
  }
  const names = [...values.keys()].toSorted((a, b) => (a < b ? -1 : 1));
  return { env: pick(names, values), origins: pick(names, origins) };
}

/** A text replaces what is below; a path list goes around it: the stronger layer's entries are found first, or last. */
export function over(lower: EnvValue | undefined, higher: EnvValue): EnvValue {
  if (typeof higher === "string" || lower === undefined) return higher;
  if (typeof lower === "string")
    return [...higher.prepend, lower, ...higher.append].filter((entry) => entry !== "").join(":");
  return { prepend: [...higher.prepend, ...lower.prepend], append: [...lower.append, ...higher.append] };
}

function pick<Value>(names: readonly string[], from: ReadonlyMap<string, Value>): Readonly<Record<string, Value>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = from.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
