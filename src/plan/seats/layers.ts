import { composeEnv } from "../../topology/index.ts";
import type { Env } from "../../topology/topology.ts";
import type { Origin } from "../plan.ts";

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
  const env = layers.reduce<Env>((below, layer) => composeEnv(below, layer.env, layer.without), {});
  const names = Object.keys(env).toSorted((a, b) => (a < b ? -1 : 1));
  const from = (name: string) => layers.findLast((layer) => Object.hasOwn(layer.env, name))?.origin(name);
  return { env: pick(names, (name) => env[name]), origins: pick(names, from) };
}

const pick = <Value>(
  names: readonly string[],
  of: (name: string) => Value | undefined,
): Readonly<Record<string, Value>> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = of(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
