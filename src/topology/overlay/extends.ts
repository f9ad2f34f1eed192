import { posix } from "node:path";
import type { Say } from "../findings/remark.ts";
import type { Outside } from "../sources/index.ts";
import { readFile } from "../tree/read-file.ts";
import { type Place, type Source, sourceOf } from "../tree/source.ts";
import { type Dict, mergeDicts } from "../tree/tree.ts";
import { wrongType } from "../validate/wrong-type.ts";
import type { Filled } from "./from-env.ts";

const LONGEST_CHAIN = 16;

export interface Files extends Outside {
  readonly file: string;
}

/** The file merged over those that it extends, and all sources, the file itself first. No tree: something was said about why. */
export function readExtended(
  files: Files,
  filled: Filled,
  say: Say,
): { readonly tree: Dict | undefined; readonly sources: readonly Source[] } {
  const { layers, sources } = readChain(files, { path: files.file }, [], filled, say);
  const [lowest, ...others] = layers ?? [];
  return { tree: lowest && others.reduce(mergeDicts, lowest), sources };
}

interface Chain {
  /** Lowest first; undefined when one of them is missing or no map. */
  readonly layers: readonly Dict[] | undefined;
  readonly sources: readonly Source[];
}

/** A file that is to be read, and where it is named. */
interface Next {
  readonly path: string;
  readonly place?: Place;
}

function readChain(files: Files, next: Next, seen: readonly string[], filled: Filled, say: Say): Chain {
  const bytes = bytesOf(files, next, seen, say);
  if (bytes === undefined) return { layers: undefined, sources: [] };
  const { source, tree } = readFile(next.path, bytes, filled, say);
  if (tree === undefined) return { layers: undefined, sources: [source] };
  const base = baseOf(tree, next.path, say);
  if (base === "none") return { layers: [tree], sources: [source] };
  if (base === "refused") return { layers: undefined, sources: [source] };
  const below = readChain(files, base, [...seen, posix.normalize(next.path)], filled, say);
  return { layers: below.layers && [...below.layers, tree], sources: [source, ...below.sources] };
}

function bytesOf({ read }: Files, { path, place }: Next, seen: readonly string[], say: Say): Uint8Array | undefined {
  const refused = refusal(path, seen);
  const bytes = refused === undefined ? read(path) : undefined;
  if (bytes !== undefined) return bytes;
  const title = refused?.title ?? `${path} is not there or cannot be read`;
  const remedy = refused?.remedy ?? (place === undefined ? [] : ["the path counts from the file that names it"]);
  say({
    code: "extends",
    title,
    remedy,
    at: ["extends"],
    place: place ?? { source: sourceOf(path, "file", ""), start: 0, end: 0 },
  });
  return undefined;
}

function refusal(path: string, seen: readonly string[]): { title: string; remedy: readonly string[] } | undefined {
  if (path.includes("\0")) return { title: "no file has such a name", remedy: ["a path, from the file that names it"] };
  if (seen.includes(posix.normalize(path))) {
    return { title: `${path} extends itself: ${[...seen, path].join(" → ")}`, remedy: ["take one of the extends out"] };
  }
  return seen.length >= LONGEST_CHAIN
    ? { title: `more than ${LONGEST_CHAIN} topologies extend each other`, remedy: ["merge some of them"] }
    : undefined;
}

/** The file that `extends` names, from the folder of the one that names it. An empty one is said with the other empty values. */
function baseOf(tree: Dict, path: string, say: Say): Next | "none" | "refused" {
  const base = tree.entries.get("extends")?.value;
  if (base === undefined || (base.kind === "scalar" && (base.value === null || base.value === ""))) return "none";
  if (base.kind === "scalar" && typeof base.value === "string") {
    const next = posix.isAbsolute(base.value) ? base.value : posix.join(posix.dirname(path), base.value);
    return { path: next, place: base.at };
  }
  const { title, remedy } = wrongType(["extends"], base, ["string"]);
  say({ code: "type", title, remedy, at: ["extends"], place: base.at });
  return "refused";
}
