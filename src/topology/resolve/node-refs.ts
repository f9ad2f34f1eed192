import { parseRange } from "../../words/range.ts";
import { dotted, errorAt } from "../findings/finding.ts";
import type { Finding, Path } from "../rule.ts";
import { lookUp, type Tree } from "../tree/tree.ts";
import { unknownName } from "../validate/unknown.ts";

export interface Named {
  readonly names: readonly string[];
  readonly findings: readonly Finding[];
}

/** Everything that a list of nodes may name. */
export interface KnownNodes {
  readonly nodes: ReadonlySet<string>;
  /** Groups of an inventory, as the names of their nodes. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

/** The nodes that a key names: a range, or a list of ranges; each node once. */
export function namedNodes(tree: Tree, at: Path, known: KnownNodes): Named {
  const value = lookUp(tree, at)?.value;
  const paths = value?.kind === "list" ? value.items.map((_, i) => [...at, i]) : [at];
  const parts = paths.map((path) => onePart(tree, path, known));
  const names = parts.flatMap((part) => part.names);
  const unique = [...new Set(names)];
  const findings = parts.flatMap((part) => part.findings);
  if (unique.length === names.length) return { names, findings };
  const twice = names.find((name, i) => names.indexOf(name) < i);
  return {
    names: unique,
    findings: [
      ...findings,
      errorAt(at, "duplicate", `${dotted(at)} names ${twice} twice`, { mark: "value", remedy: "each node once" }),
    ],
  };
}

/** As `namedNodes`, where exactly one node belongs. */
export function oneNode(tree: Tree, at: Path, known: KnownNodes): Named {
  const named = namedNodes(tree, at, known);
  if (named.names.length < 2) return named;
  const title = `${dotted(at)} names ${named.names.length} nodes`;
  return { names: named.names, findings: [errorAt(at, "range", title, { mark: "value", remedy: "one node" })] };
}

function onePart(tree: Tree, at: Path, { nodes, groups }: KnownNodes): Named {
  const value = lookUp(tree, at)?.value;
  const text = value?.kind === "scalar" ? value.text : "";
  const range = parseRange(text);
  if ("wrong" in range) return { names: [], findings: [badRange(at, range.wrong)] };
  const found = range.names.map((name) => (nodes.has(name) ? [name] : groups.get(name.replace(/^@/, ""))));
  const unknown = range.names.find((_, i) => found[i] === undefined);
  return unknown === undefined
    ? { names: found.flatMap((names) => names ?? []), findings: [] }
    : { names: [], findings: [unknownNode(at, unknown, value, [...groups.keys(), ...nodes])] };
}

function unknownNode(at: Path, name: string, value: Tree | undefined, known: readonly string[]): Finding {
  const named = value?.kind === "scalar" ? { ...value, text: name } : value;
  return unknownName("node", at, named, known.slice(0, 12));
}

export const badRange = (at: Path, wrong: string): Finding =>
  errorAt(at, "range", `${dotted(at)} is not a range: ${wrong}`, {
    mark: "value",
    remedy: "n[0-5], gpu[001-097,099], or names with commas between them",
  });
