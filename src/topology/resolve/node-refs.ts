import { parseRange } from "../../words/range.ts";
import { dotted, errorAt } from "../finding.ts";
import type { Finding, Path } from "../rule.ts";
import { lookUp, type Tree } from "../tree.ts";
import { unknownName } from "../unknown.ts";

export interface Named {
  readonly names: readonly string[];
  readonly findings: readonly Finding[];
}

/** The nodes that a key names: a range, or a list of ranges; each node once. */
export function namedNodes(tree: Tree, at: Path, known: readonly string[]): Named {
  const value = lookUp(tree, at)?.value;
  const paths = value?.kind === "list" ? value.items.map((_, i) => [...at, i]) : [at];
  const parts = paths.map((path) => onePart(tree, path, known));
  const names = parts.flatMap((part) => part.names);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  const findings = parts.flatMap((part) => part.findings);
  if (twice === undefined) return { names, findings };
  return {
    names: [...new Set(names)],
    findings: [
      ...findings,
      errorAt(at, "duplicate", `${dotted(at)} names ${twice} twice`, { mark: "value", remedy: "each node once" }),
    ],
  };
}

/** As `namedNodes`, where exactly one node belongs. */
export function oneNode(tree: Tree, at: Path, known: readonly string[]): Named {
  const named = namedNodes(tree, at, known);
  if (named.names.length < 2) return named;
  const title = `${dotted(at)} names ${named.names.length} nodes`;
  return { names: named.names, findings: [errorAt(at, "range", title, { mark: "value", remedy: "one node" })] };
}

function onePart(tree: Tree, at: Path, known: readonly string[]): Named {
  const value = lookUp(tree, at)?.value;
  const text = value?.kind === "scalar" ? value.text : "";
  const range = parseRange(text);
  if ("wrong" in range) return { names: [], findings: [badRange(at, range.wrong)] };
  const unknown = range.names.find((name) => !known.includes(name));
  return unknown === undefined
    ? { names: range.names, findings: [] }
    : { names: [], findings: [unknownNode(at, unknown, value, known)] };
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
