import { dotted, errorAt } from "../findings/finding.ts";
import type { Finding, Path } from "../rule.ts";
import type { Args, ArgValue, Json } from "../topology.ts";
import { isNull, type Tree } from "../tree/tree.ts";

/** Flags of a layer, or of merged layers. `without`: flags that a written null takes out of the layers below. */
export interface ReadArgs {
  readonly args: Args;
  readonly without: readonly string[];
  readonly findings: readonly Finding[];
}

export function argsOf(tree: Tree | undefined, at: Path): ReadArgs {
  const args: Record<string, ArgValue> = {};
  const without: string[] = [];
  const findings: Finding[] = [];
  for (const [flag, { value }] of tree?.kind === "dict" ? tree.entries : []) {
    const read = argOf(value);
    if (isNull(value)) without.push(flag);
    else if (read !== undefined) args[flag] = read;
    else findings.push(notAnArgument([...at, flag]));
  }
  return { args, without, findings };
}

const notAnArgument = (at: Path): Finding =>
  errorAt(at, "type", `${dotted(at)} has an entry that JSON cannot hold, or a null in a list of arguments`, {
    mark: "key",
    remedy: "texts, numbers, true, false, maps and lists of them",
  });

function argOf(value: Tree): ArgValue | undefined {
  if (value.kind === "scalar") return typeof value.value === "boolean" ? value.value : value.text;
  if (value.kind === "list") {
    const texts = value.items.map(listText);
    return texts.every((text) => text !== undefined) ? texts : undefined;
  }
  const json = jsonOf(value);
  return json === undefined ? undefined : { json };
}

/** In a list every entry is one argument; a map in it is that argument's JSON. */
function listText(item: Tree): string | undefined {
  if (item.kind === "scalar") return item.value === null ? undefined : item.text;
  const json = jsonOf(item);
  return json === undefined ? undefined : JSON.stringify(json);
}

/** Undefined for what JSON cannot say (.nan, .inf). Nulls in maps are deletions, in lists they are nulls. */
export function jsonOf(tree: Tree): Json | undefined {
  if (tree.kind === "scalar")
    return typeof tree.value === "number" && !Number.isFinite(tree.value) ? undefined : tree.value;
  if (tree.kind === "list") {
    const items = tree.items.map(jsonOf);
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  const entries: [string, Json][] = [];
  for (const [key, { value }] of tree.entries) {
    if (isNull(value)) continue;
    const json = jsonOf(value);
    if (json === undefined) return undefined;
    entries.push([key, json]);
  }
  return Object.fromEntries(entries);
}
