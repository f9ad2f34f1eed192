import { type Say, shown } from "../findings/remark.ts";
import type { Path } from "../rule.ts";
import { jsonText } from "./json-text.ts";
import { isReserved } from "./reserved.ts";
import { type Dict, dictOf, type Entry, mapOf, mergeTrees, type Tree } from "./tree.ts";

/** One spelling for what may be written in several: done per file, before layers and overrides are merged. */
export function normalise(topology: Dict, say: Say): Dict {
  const inArgs = (args: Tree) => normaliseArgs(args, say);
  const flags = ARGS.reduce((dict, path) => mapIn(dict, path, inArgs), topology);
  return mapKey(mapKey(flags, "model", modelAsMap), "nodes", nodesAsList);
}

const ARGS: readonly Path[] = [
  ["engine", "args"],
  ["prefill", "args"],
  ["prefill", "instances", "*", "args"],
  ["decode", "args"],
  ["decode", "instances", "*", "args"],
  ["proxy", "args"],
  ["bench", "args"],
];

/** Whether a path is that of a map of flags. */
export const isArgs = (path: Path): boolean =>
  ARGS.some((args) => args.length === path.length && args.every((step, i) => step === "*" || step === path[i]));

/** `max_num_seqs` and `--max-num-seqs` are `max-num-seqs`. */
export const flagName = (key: string): string => key.replace(/^--/, "").replaceAll("_", "-");

const modelAsMap = (model: Tree): Tree =>
  model.kind === "scalar" && model.value !== null
    ? dictOf([["path", { key: model.at, value: model }]], model.at)
    : model;

/** `nodes: { from: slurm, … }` is a list of that one entry. */
const nodesAsList = (nodes: Tree): Tree =>
  nodes.kind === "dict" && nodes.entries.has("from") ? { kind: "list", items: [nodes], at: nodes.at } : nodes;

/** Flags in kebab case; `compilation-config.mode` becomes a key inside compilation-config, also where that is a JSON text. */
function normaliseArgs(args: Tree, say: Say): Tree {
  if (args.kind !== "dict") return args;
  const entries = new Map<string, Entry>();
  const writtenAs = new Map<string, string>();
  for (const [written, entry] of args.entries) {
    const [first = "", ...rest] = written.split(".");
    const flag = flagName(first);
    const folded = rest.reduceRight<Entry>(
      (inner, key) => ({ key: entry.key, value: dictOf([[key, inner]], inner.value.at) }),
      rest.length === 0 ? { key: entry.key, value: jsonText(flag, entry.value) } : entry,
    );
    const place = entry.key;
    if (!/^-?[A-Za-z][A-Za-z0-9-]*$/.test(flag) || rest.includes("")) {
      say({
        code: "flag-name",
        title: `${shown(written)} cannot be the name of a flag`,
        place,
        remedy: ["a flag of the engine without its dashes: max-num-seqs"],
      });
      continue;
    }
    const before = entries.get(flag);
    const twice = writtenAs.get([flag, ...rest].join("."));
    if (twice !== undefined) {
      say({
        code: "duplicate-key",
        title: `${shown(twice)} and ${shown(written)} are the same flag`,
        place,
        remedy: ["keep one of them"],
      });
      continue;
    }
    writtenAs.set([flag, ...rest].join("."), written);
    if ([flag, ...rest].some(isReserved))
      say({ code: "name", title: `${shown(written)} cannot be a key`, place, remedy: ["another name"] });
    else entries.set(flag, { key: before?.key ?? place, value: together(flag, before, folded, say) });
  }
  return dictOf(entries, args.at);
}

/** What one map of flags says of a flag in several keys. What is no map cannot be merged: dotted keys win over it, as they do in vLLM. */
function together(flag: string, before: Entry | undefined, now: Entry, say: Say): Tree {
  if (before === undefined) return now.value;
  const [whole, dotted] = mapOf(before.value) === undefined ? [before, now] : [now, before];
  if (mapOf(whole.value) !== undefined) return mergeTrees(before.value, now.value);
  say({
    code: "C09",
    level: "warning",
    title: `what ${flag} says as a whole is dropped: it is no map, and dotted keys of ${flag} stand beside it`,
    place: whole.key,
    remedy: [`${flag}: { … }, with everything in it`, "or one of the two taken out"],
  });
  return dotted.value;
}

type Change = (tree: Tree) => Tree;

const mapIn = (dict: Dict, [step, ...rest]: Path, change: Change): Dict =>
  mapKey(dict, String(step), (value) => mapAt(value, rest, change));

function mapAt(tree: Tree, path: Path, change: Change): Tree {
  const [step, ...rest] = path;
  if (step === undefined) return change(tree);
  if (step !== "*") return tree.kind === "dict" ? mapIn(tree, path, change) : tree;
  return tree.kind === "list" ? { ...tree, items: tree.items.map((item) => mapAt(item, rest, change)) } : tree;
}

function mapKey(dict: Dict, key: string, change: Change): Dict {
  const entry = dict.entries.get(key);
  if (entry === undefined) return dict;
  return { ...dict, entries: new Map(dict.entries).set(key, { key: entry.key, value: change(entry.value) }) };
}
