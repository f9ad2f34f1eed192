import { posix } from "node:path";
import { decode } from "./decode.ts";
import { normalise } from "./normalise.ts";
import { readYaml } from "./read-yaml.ts";
import { type Say, shown } from "./remark.ts";
import type { Place, Source } from "./source.ts";
import { tooDeepAt } from "./too-deep.ts";
import { type Dict, dictOf, mergeTrees, type Tree } from "./tree.ts";

const LONGEST_CHAIN = 16;

export interface Files {
  readonly file: string;
  read(path: string): Uint8Array | undefined;
}

/** The file merged over those that it extends, and all sources, the file itself first. Undefined when one of them is no map. */
export function readExtended(
  { file, read }: Files,
  say: Say,
): { readonly tree: Dict | undefined; readonly sources: readonly Source[] } {
  const layers: Dict[] = [];
  const sources: Source[] = [];
  const seen: string[] = [];
  let broken = false;
  for (let next: Next | undefined = { path: file }; next !== undefined; ) {
    const { path, place }: Next = next;
    const refused = refusal(path, seen);
    const bytes = refused === undefined ? read(path) : undefined;
    if (bytes === undefined) {
      const why = refused ?? {
        title: `${path} is not there or cannot be read`,
        remedy: place === undefined ? [] : ["the path counts from the file that names it"],
      };
      say({
        code: "extends",
        ...why,
        place: place ?? { source: emptySource(path), start: 0, end: 0 },
        ...(place && { at: ["extends"] }),
      });
      broken = true;
      break;
    }
    seen.push(posix.normalize(path));
    const { source, tree } = readFile(path, bytes, say);
    sources.push(source);
    if (tree === undefined) broken = true;
    else layers.unshift(tree);
    next = tree && baseOf(tree, path);
  }
  const [first, ...others] = layers;
  const merged = others.reduce<Tree | undefined>((base, over) => mergeTrees(base, over), first);
  return { tree: broken || merged?.kind !== "dict" ? undefined : merged, sources };
}

interface Next {
  readonly path: string;
  readonly place?: Place;
}

function refusal(path: string, seen: readonly string[]): { title: string; remedy: string[] } | undefined {
  if (path.includes("\0")) return { title: "no file has such a name", remedy: ["a path, from the file that names it"] };
  if (seen.includes(posix.normalize(path))) {
    return { title: `${path} extends itself: ${[...seen, path].join(" → ")}`, remedy: ["take one of the extends out"] };
  }
  return seen.length >= LONGEST_CHAIN
    ? { title: `more than ${LONGEST_CHAIN} topologies extend each other`, remedy: ["merge some of them"] }
    : undefined;
}

function readFile(path: string, bytes: Uint8Array, say: Say): { source: Source; tree: Dict | undefined } {
  let failed = false;
  const sayAndNote: Say = (remark) => {
    failed = true;
    say(remark);
  };
  const source = decode(path, bytes, sayAndNote);
  if (source === undefined) return { source: emptySource(path), tree: undefined };
  const deep = tooDeepAt(source.text);
  if (deep !== undefined) {
    const place = { source, start: deep, end: deep + 1 };
    say({
      code: "limits",
      title: "the file is nested too deep",
      place,
      remedy: ["a topology needs ten levels at most"],
    });
    return { source, tree: undefined };
  }
  const tree = readYaml(source, sayAndNote);
  const place = { source, start: 0, end: 0 };
  if (tree === undefined) {
    const remedy = ["pdctl init writes a topology; topologies/local.yaml is a small one"];
    if (!failed) say({ code: "empty-file", title: "the file holds no topology", place, remedy });
    return { source, tree: undefined };
  }
  if (tree.kind === "scalar" && tree.value === null)
    say({ code: "empty-file", title: "the file holds no topology", place, remedy: [] });
  else if (tree.kind !== "dict") {
    const what = tree.kind === "list" ? "a list" : `the text ${shown(tree.text)}`;
    say({
      code: "type",
      title: `the topology is ${what}; a map belongs there`,
      place: tree.at,
      remedy: ["keys: version, name, model, nodes, kv, engine, prefill, decode, proxy"],
    });
  } else {
    const normal = normalise(tree, say);
    return { source, tree: normal.kind === "dict" ? normal : dictOf([], tree.at) };
  }
  return { source, tree: undefined };
}

/** The file that `extends` names, from the folder of the one that names it. */
function baseOf(tree: Dict, path: string): Next | undefined {
  const base = tree.entries.get("extends")?.value;
  if (base?.kind !== "scalar" || typeof base.value !== "string" || base.value === "") return undefined; // other types: the schema's business
  return {
    path: posix.isAbsolute(base.value) ? base.value : posix.join(posix.dirname(path), base.value),
    place: base.at,
  };
}

const emptySource = (name: string): Source => ({ name, kind: "file", text: "", lines: [0] });
