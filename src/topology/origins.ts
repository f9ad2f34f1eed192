import type { Mark, Path } from "./rule.ts";
import { flagName, isArgs } from "./tree/normalise.ts";
import { type Place, positionOf, type Source } from "./tree/source.ts";
import { lookUp, type Tree } from "./tree/tree.ts";

export type Origin =
  | { readonly file: string; readonly line: number; readonly column: number; readonly length: number }
  | { readonly set: string };

/** Where the values of a topology are written: by path, over the layers. Beside the topology, never part of it. */
export interface Origins {
  /** Undefined: nothing is written for it, so a default of pdctl or of a lower layer holds. */
  originOf(path: Path): Origin | undefined;
  /** The path at which the value is really written: `["engine", "port"]` for an instance's port. */
  writtenAt(path: Path): Path | undefined;
  /** The place of a path, or of the nearest thing above it that is written. */
  placeOf(path: Path, mark?: Mark): Place;
  /** The main file first, then what it extends, then --set. */
  readonly sources: readonly Source[];
}

export function originsOf(tree: Tree, sources: readonly Source[]): Origins {
  const written = (path: Path) => candidates(path).find((candidate) => lookUp(tree, candidate) !== undefined);
  return {
    sources,
    writtenAt: written,
    originOf(path) {
      const found = written(path);
      return found && originAt(placeAt(tree, found, "value"));
    },
    placeOf(path, mark = "pair") {
      const exact = written(path);
      if (exact !== undefined) return placeAt(tree, exact, mark);
      for (let length = path.length - 1; length > 0; length--) {
        const above = written(path.slice(0, length));
        if (above !== undefined) return placeAt(tree, above, "key");
      }
      const [first] = sources;
      return { source: first ?? tree.at.source, start: 0, end: 0 };
    },
  };
}

/** Origins when there is no tree: everything is at the start of the file. */
export const noOrigins = (sources: readonly Source[], source: Source): Origins => ({
  sources,
  writtenAt: () => undefined,
  originOf: () => undefined,
  placeOf: () => ({ source: sources[0] ?? source, start: 0, end: 0 }),
});

function originAt(place: Place): Origin {
  const position = positionOf(place);
  if (place.source.kind === "file") return { file: place.source.name, ...position };
  const given = place.source.text.split("\n")[position.line - 1] ?? "";
  return { set: place.source.name === "--set" ? given : `${place.source.name} ${given}` };
}

function placeAt(tree: Tree, path: Path, mark: Mark): Place {
  const found = lookUp(tree, path);
  if (found === undefined) return tree.at;
  const { key, value } = found;
  if (key === undefined) return value.at; // an entry of a list, or the whole
  if (mark === "value" && !(value.kind === "scalar" && value.form === "empty")) return value.at;
  const isPair =
    mark === "pair" && value.kind === "scalar" && value.at.source === key.source && value.at.start > key.end;
  return isPair && positionOf(key).line === positionOf(value.at).line ? { ...key, end: value.at.end } : key;
}

/** The path itself, then where its value may come from, highest layer first. */
function candidates(path: Path): readonly Path[] {
  const [first, ...rest] = spelled(path);
  if (first === undefined) return [];
  if (first === "prefill" || first === "decode") return roleCandidates(first, rest);
  if (first === "kv" && (rest[1] === "prefill" || rest[1] === "decode")) {
    return [
      [first, ...rest],
      [first, ...rest.slice(0, 1), ...rest.slice(2)],
    ];
  }
  if (first === "nodes" && rest[1] === "ssh") return [[first, ...rest], rest.slice(1)];
  if (first === "nodes" && (rest[1] === "ip" || rest[1] === "host")) {
    const keys = rest[1] === "ip" ? ["ip", "host", "name"] : ["host", "name"];
    return [["--hosts"], ...keys.map((key) => [first, rest[0] ?? 0, key, ...rest.slice(2)])];
  }
  if (first === "proxy" && (rest[0] === "prefill_policy" || rest[0] === "decode_policy"))
    return [
      [first, ...rest],
      [first, "policy"],
    ];
  return [[first, ...rest]];
}

function roleCandidates(role: "prefill" | "decode", rest: Path): readonly Path[] {
  const inList = rest[0] === "instances" && typeof rest[1] === "number";
  const key = inList ? rest.slice(2) : rest;
  const layers = [...(inList ? [[role, ...rest]] : []), [role, ...key], ["engine", ...key]];
  if (key.length !== 1 || !String(key[0]).endsWith("_port")) return layers;
  return [
    ...layers,
    ["kv", "transfer", role, ...key],
    ["kv", "transfer", ...key],
    ["kv", "cache", role, ...key],
    ["kv", "cache", ...key],
  ];
}

/** Flags are looked up in the one spelling that the tree keeps. */
const spelled = (path: Path): Path =>
  path.map((step, i) => (typeof step === "string" && isArgs(path.slice(0, i)) ? flagName(step) : step));
