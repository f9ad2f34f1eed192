import type { Schema } from "../../src/topology/schema/json-schema.ts";

/** What a value breaks of a JSON Schema, as paths; only the words that the topology's schema uses. */
export function breaks(schema: Schema, value: unknown, path = "$"): readonly string[] {
  const found: string[] = [];
  const say = (what: string) => found.push(`${path} ${what}`);
  const { type, enum: allowed, anyOf, items, properties } = schema;
  if (type !== undefined && ![type].flat().some((one) => isOf(String(one), value))) say(`is no ${String(type)}`);
  if (allowed !== undefined && !allowed.includes(value)) say(`is none of ${allowed.join(", ")}`);
  if ("const" in schema && schema["const"] !== value) say(`is not ${String(schema["const"])}`);
  if (
    typeof value === "number" &&
    (value < number(schema["minimum"], -Infinity) || value > number(schema["maximum"], Infinity))
  )
    say("is out of bounds");
  if (typeof value === "string" && typeof schema["pattern"] === "string" && !new RegExp(schema["pattern"]).test(value))
    say("does not match");
  if (anyOf !== undefined) {
    const each = anyOf.map((one) => breaks(one, value, path));
    if (each.every((one) => one.length > 0)) found.push(...(each.sort((a, b) => a.length - b.length)[0] ?? []));
  }
  for (const one of list(schema["allOf"])) found.push(...breaks(one, value, path));
  if (isSchema(schema["if"]) && isSchema(schema["then"]) && breaks(schema["if"], value, path).length === 0)
    found.push(...breaks(schema["then"], value, path));
  if (isSchema(schema["not"]) && breaks(schema["not"], value, path).length === 0) say("is what it must not be");
  if (Array.isArray(value)) {
    if (value.length < number(schema["minItems"], 0)) say("is too short");
    if (items !== undefined) found.push(...value.flatMap((item, i) => breaks(items, item, `${path}[${i}]`)));
    return found;
  }
  if (!isSchema(value)) return found;
  for (const key of strings(schema["required"])) if (!Object.hasOwn(value, key)) say(`lacks ${key}`);
  for (const [key, inner] of Object.entries(value)) {
    const own = properties?.[key];
    const xs = isSchema(schema["patternProperties"]) && key.startsWith("x-");
    if (own !== undefined) found.push(...breaks(own, inner, `${path}.${key}`));
    else if (!xs && schema["additionalProperties"] === false) say(`knows no ${key}`);
  }
  return found;
}

function isOf(type: string, value: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isSchema(value);
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const list = (value: unknown): readonly Schema[] => (Array.isArray(value) ? value.filter(isSchema) : []);
const strings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
const number = (value: unknown, otherwise: number): number => (typeof value === "number" ? value : otherwise);
