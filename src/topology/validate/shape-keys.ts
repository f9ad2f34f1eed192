import type { z } from "zod";
import type { Path } from "../rule.ts";

type Schema = z.core.$ZodType;
const WRAPPERS = new Set(["optional", "default", "prefault", "nullable", "readonly", "nonoptional", "catch"]);

/** Keys of the map that a schema takes at a path; undefined where it takes any key, or no map. */
export function keysAt(schema: Schema, path: Path): readonly string[] | undefined {
  const shape = mapsAt(schema, path)[0];
  return shape && Object.keys(shape);
}

/** Where a key would be at home: a map below the path that takes it, as a path from there. */
export function homeOf(schema: Schema, path: Path, key: string): readonly string[] | undefined {
  for (const shape of mapsAt(schema, path)) {
    for (const [name, inner] of Object.entries(shape))
      if (mapsAt(inner, []).some((below) => Object.hasOwn(below, key))) return [name, key];
  }
  return undefined;
}

/** Every key of a schema, as dotted paths; list entries as []. */
export function allKeys(schema: Schema, path = ""): readonly string[] {
  return inside(schema).flatMap((found) => {
    const def: { type: string; element?: Schema; shape?: Record<string, Schema> } = found._zod.def;
    if (def.element !== undefined) return allKeys(def.element, `${path}[]`);
    return Object.entries(def.shape ?? {}).flatMap(([key, inner]) => {
      const dotted = path === "" ? key : `${path}.${key}`;
      return [dotted, ...allKeys(inner, dotted)];
    });
  });
}

function mapsAt(schema: Schema, path: Path): readonly Readonly<Record<string, Schema>>[] {
  const [step, ...rest] = path;
  return inside(schema).flatMap((found) => {
    const def: {
      type: string;
      element?: Schema;
      valueType?: Schema;
      shape?: Record<string, Schema>;
      catchall?: Schema;
    } = found._zod.def;
    if (step === undefined)
      return def.shape !== undefined && (def.catchall === undefined || isNever(def.catchall)) ? [def.shape] : [];
    const next = typeof step === "number" ? def.element : (def.shape?.[step] ?? def.valueType);
    return next === undefined ? [] : mapsAt(next, rest);
  });
}

const isNever = (schema: Schema): boolean => schema._zod.def.type === "never";

/** The schemas behind wrappers and alternatives. */
function inside(schema: Schema): readonly Schema[] {
  const def: { type: string; innerType?: Schema; options?: readonly Schema[]; in?: Schema } = schema._zod.def;
  if (def.innerType !== undefined && WRAPPERS.has(def.type)) return inside(def.innerType);
  if (def.options !== undefined) return def.options.flatMap(inside);
  return def.in !== undefined ? inside(def.in) : [schema];
}
