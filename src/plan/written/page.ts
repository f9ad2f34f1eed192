import { z } from "zod";
import { planShape } from "./shape.ts";

/** Every key of a plan's JSON: its path, its type, what it holds. `[]` stands for an element, `NAME` for any key. */
export function planKeys(): readonly { readonly path: string; readonly type: string; readonly says: string }[] {
  return keysOf(z.toJSONSchema(planShape), "");
}

type Schema = z.core.JSONSchema.BaseSchema;

function keysOf(schema: Schema, path: string): readonly { path: string; type: string; says: string }[] {
  const [, inner] = nullable(schema);
  const own = path === "" ? [] : [{ path, type: typeOf(schema), says: schema.description ?? inner.description ?? "" }];
  return [
    ...own,
    ...parts(inner).flatMap(([key, part]) =>
      keysOf(part, key.startsWith("[") || path === "" ? `${path}${key}` : `${path}.${key}`),
    ),
  ];
}

function parts({
  properties,
  items,
  additionalProperties,
  anyOf,
  oneOf,
}: Schema): readonly (readonly [string, Schema])[] {
  if (properties !== undefined)
    return Object.entries(properties).flatMap(([key, part]) =>
      typeof part === "object" ? [[key, part] as const] : [],
    );
  if (isObject(items)) return isPlain(items) ? [] : parts(nullable(items)[1]).map(([key, part]) => [`[].${key}`, part]);
  if (isObject(additionalProperties) && !isPlain(additionalProperties))
    return parts(additionalProperties).map(([key, part]) => [key.startsWith("[") ? `NAME${key}` : `NAME.${key}`, part]);
  const merged = new Map((anyOf ?? oneOf ?? []).flatMap((one) => (isObject(one) ? parts(one) : [])));
  return [...merged];
}

/** A scalar, or a list or map of them: a row of its own says it all. */
const isPlain = (schema: Schema): boolean => parts(schema).length === 0;

const isObject = (schema: unknown): schema is Schema =>
  typeof schema === "object" && schema !== null && !Array.isArray(schema);

/** Whether null is allowed, and what else is. */
function nullable(schema: Schema): readonly [boolean, Schema] {
  const others = (schema.anyOf ?? []).flatMap((one) => (isObject(one) && one.type !== "null" ? [one] : []));
  const [only] = others;
  const allows = others.length !== (schema.anyOf ?? []).length;
  return [allows, allows && others.length === 1 && only !== undefined ? only : schema];
}

function typeOf(schema: Schema): string {
  const [orNull, inner] = nullable(schema);
  return `${plainType(inner)}${orNull ? " or null" : ""}`;
}

function plainType({ type, items, enum: words, const: only, anyOf, oneOf, additionalProperties }: Schema): string {
  if (only !== undefined) return `\`${JSON.stringify(only)}\``;
  if (words !== undefined) return words.map((word) => `\`${String(word)}\``).join(", ");
  if (type === "array") return `list of ${isObject(items) ? plainType(items) : "values"}`;
  if (type === "object") return isObject(additionalProperties) ? `map of ${plainType(additionalProperties)}` : "object";
  const several = [...new Set((anyOf ?? oneOf ?? []).flatMap((one) => (isObject(one) ? [plainType(one)] : [])))];
  if (several.length > 0) return several.join(" or ");
  return [type ?? "value"].flat().map(scalar).join(" or ");
}

const scalar = (type: string): string =>
  ({ string: "text", boolean: "true or false", integer: "number", number: "number" })[type] ?? type;

/** docs/plan-json.md, between its head and its foot. */
export const planTable = (): string =>
  [
    "| key | type | what it holds |",
    "|---|---|---|",
    ...planKeys().map(({ path, type, says }) => `| \`${path}\` | ${type} | ${says} |`),
  ].join("\n");
