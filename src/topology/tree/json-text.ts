import { flagNames, formsOf } from "../../engines/index.ts";
import { isReserved } from "./reserved.ts";
import type { Place } from "./source.ts";
import { dictOf, type Scalar, type Tree } from "./tree.ts";

/** The value of a flag; a text that is a JSON map, where the flag takes one in some release, knows that map beside it. */
export function jsonText(flag: string, value: Tree): Tree {
  if (value.kind !== "scalar" || typeof value.value !== "string" || !takesJson(flag)) return value;
  const json = parsed(value.value, value.at);
  return json?.kind === "dict" ? { ...value, json } : value;
}

const takesJson = (flag: string): boolean =>
  flagNames(flag).some((name) => formsOf(name, undefined).some(({ kind }) => JSON_KINDS.has(kind)));

const JSON_KINDS: ReadonlySet<string> = new Set(["json", "object", "text-or-object"]);

function parsed(text: string, at: Place): Tree | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  try {
    return treeOf(JSON.parse(text), at);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // C10 says so, with its place in the text
    throw error;
  }
}

/** Undefined when a key is one that every object answers to. */
function treeOf(value: unknown, at: Place): Tree | undefined {
  if (Array.isArray(value)) {
    const items = value.map((item) => treeOf(item, at));
    return items.every((item) => item !== undefined) ? { kind: "list", items, at } : undefined;
  }
  if (typeof value !== "object" || value === null) return scalar(value, at);
  const entries = Object.entries(value).map(([key, inner]) => ({ key, tree: treeOf(inner, at) }));
  return entries.every(
    (entry): entry is { key: string; tree: Tree } => !isReserved(entry.key) && entry.tree !== undefined,
  )
    ? dictOf(
        entries.map(({ key, tree }) => [key, { key: at, value: tree }]),
        at,
      )
    : undefined;
}

function scalar(value: unknown, at: Place): Scalar | undefined {
  if (value !== null && typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
    return undefined;
  return { kind: "scalar", value, text: String(value), form: typeof value === "string" ? "quoted" : "plain", at };
}
