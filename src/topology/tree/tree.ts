import type { Path } from "../rule.ts";
import type { Place } from "./source.ts";

/** What stands in the files, layer by layer merged, every part with its place. Never changed once made. */
export type Tree = Scalar | List | Dict;

export interface Scalar {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** As written: `1.10`, `017`, `yes`; without the quotes. */
  readonly text: string;
  /** written: there is a text; empty: a key or a dash with nothing behind it. A written null takes an inherited value out. */
  readonly form: "plain" | "quoted" | "empty";
  readonly at: Place;
  /** The map that the text is as JSON, where its flag takes JSON: what it becomes when it meets another map. */
  readonly json?: Dict;
}

export interface List {
  readonly kind: "list";
  readonly items: readonly Tree[];
  readonly at: Place;
}

export interface Dict {
  readonly kind: "dict";
  readonly entries: ReadonlyMap<string, Entry>;
  readonly at: Place;
}

export interface Entry {
  readonly key: Place;
  readonly value: Tree;
}

export const isNull = (tree: Tree | undefined): boolean => tree?.kind === "scalar" && tree.value === null;

export const dictOf = (entries: Iterable<readonly [string, Entry]>, at: Place): Dict => ({
  kind: "dict",
  entries: new Map(entries),
  at,
});

/** Maps merge key by key, JSON texts as the maps that they are; everything else is replaced; a null stays as the mark of what is taken out. */
export function mergeTrees(base: Tree | undefined, over: Tree): Tree {
  const [below, above] = [mapOf(base), mapOf(over)];
  return below === undefined || above === undefined ? over : mergeDicts(below, above);
}

/** A map, written as one or as the JSON text of a flag. */
export const mapOf = (tree: Tree | undefined): Dict | undefined =>
  tree?.kind === "dict" ? tree : tree?.kind === "scalar" ? tree.json : undefined;

export function mergeDicts(base: Dict, over: Dict): Dict {
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    entries.set(key, { key: entry.key, value: mergeTrees(base.entries.get(key)?.value, entry.value) });
  }
  return { kind: "dict", entries, at: over.at };
}

/** The part at a path, and the key that leads to it; undefined when it is not there or taken out. */
export function lookUp(tree: Tree, path: Path): { readonly value: Tree; readonly key?: Place } | undefined {
  let found: { value: Tree; key?: Place } = { value: tree };
  for (const step of path) {
    const { value } = found;
    const entry = value.kind === "dict" ? value.entries.get(String(step)) : undefined;
    const item = value.kind === "list" ? value.items[Number(step)] : undefined;
    if (entry !== undefined) found = entry;
    else if (item !== undefined) found = { value: item };
    else return undefined;
  }
  return found;
}

export const child = (tree: Tree | undefined, ...path: Path): Tree | undefined => {
  const value = tree && lookUp(tree, path)?.value;
  return isNull(value) ? undefined : value;
};

/** The tree with another part at a path. The path exists, or lacks its last keys only. */
export function replaceAt(tree: Tree | undefined, path: Path, entry: Entry): Tree {
  const [step, ...rest] = path;
  if (step === undefined) return entry.value;
  if (tree?.kind === "list") {
    return { ...tree, items: tree.items.map((item, i) => (i === step ? replaceAt(item, rest, entry) : item)) };
  }
  const before = mapOf(tree);
  const old = before?.entries.get(String(step));
  const value = replaceAt(old?.value, rest, entry);
  const key = rest.length === 0 || old === undefined ? entry.key : old.key;
  return dictOf([...(before?.entries ?? []), [String(step), { key, value }]], before?.at ?? entry.key);
}

/** The tree without some of its keys. */
export function withoutKeys(tree: Tree, paths: readonly Path[]): Tree {
  if (paths.length === 0 || tree.kind === "scalar") return tree;
  const below = new Map<string, Path[]>();
  const gone = new Set<string>();
  for (const [step, ...rest] of paths) {
    if (rest.length === 0) gone.add(String(step));
    else below.set(String(step), [...(below.get(String(step)) ?? []), rest]);
  }
  const inner = (step: string | number, value: Tree) => withoutKeys(value, below.get(String(step)) ?? []);
  if (tree.kind === "list") return { ...tree, items: tree.items.map((item, i) => inner(i, item)) };
  const kept = [...tree.entries].filter(([key]) => !gone.has(key));
  return dictOf(
    kept.map(([key, entry]) => [key, { key: entry.key, value: inner(key, entry.value) }]),
    tree.at,
  );
}

export type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain };

/** As a plain value; keys that are null or that `keep` refuses are left out. Scalars through `read`. */
export function plainOf(tree: Tree, options: PlainOptions = {}, path: Path = []): Plain {
  if (tree.kind === "scalar") return tree.value;
  if (tree.kind === "list") return tree.items.map((item, i) => plainOf(item, options, [...path, i]));
  const plain: { [key: string]: Plain } = {};
  for (const [key, { value }] of tree.entries) {
    if (isNull(value) || options.keep?.([...path, key]) === false) continue;
    plain[key] = plainOf(value, options, [...path, key]);
  }
  return plain;
}

export interface PlainOptions {
  readonly keep?: (path: Path) => boolean;
}
