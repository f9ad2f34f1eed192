import { errorAt } from "../findings/finding.ts";
import type { Finding, Path } from "../rule.ts";
import { type Shape, shape } from "../shape/topology.ts";
import { isNull, plainOf, type Tree, withoutKeys } from "../tree/tree.ts";
import { ownKeysOnly } from "./own-keys.ts";
import { type Checked, misfits, schemaFindings, unknownKeys } from "./schema-findings.ts";
import { keysAt } from "./shape-keys.ts";
import { unknownKey } from "./unknown.ts";

interface ReadShape {
  /** Undefined when nothing is left without what is wrong. */
  readonly shape: Shape | undefined;
  /** The tree without its unknown keys, and without the values that do not fit. */
  readonly tree: Tree;
  /** Values that do not fit are left out: what follows from the rest is not to be judged. */
  readonly partial: boolean;
  readonly findings: readonly Finding[];
}

/** The keys of the topology checked against their schema. */
export function readShape(tree: Tree): ReadShape {
  const checked: Checked = { schema: shape, tree, pathOf: (inner) => inner };
  const parsed = shape.safeParse(plainOf(tree, { keep: ownKeysOnly }));
  const findings = takenOut(tree, [], checked);
  if (parsed.success) return { shape: parsed.data, tree, partial: false, findings };
  const { issues } = parsed.error;
  const wrong = misfits(issues);
  const rest = withoutKeys(tree, [...unknownKeys(issues), ...wrong]);
  const again = shape.safeParse(plainOf(rest, { keep: ownKeysOnly }));
  return {
    shape: again.data,
    tree: rest,
    partial: wrong.length > 0,
    findings: [...findings, ...withoutParts(schemaFindings(issues, checked))],
  };
}

/** S04: the parts that no cluster can do without, in one line. */
function withoutParts(findings: readonly Finding[]): readonly Finding[] {
  const isPart = ({ code, at }: Finding) => code === "missing" && at.length === 1 && PARTS.includes(String(at[0]));
  const parts = findings.filter(isPart).map(({ at }) => String(at[0]));
  if (parts.length === 0) return findings;
  const title = `a topology needs prefill, decode and proxy; ${listed(parts)} ${parts.length > 1 ? "are" : "is"} missing`;
  return [
    ...findings.filter((finding) => !isPart(finding)),
    errorAt(parts.slice(0, 1), "S04", title, { remedy: parts.map((part) => EXAMPLES[part] ?? part) }),
  ];
}
const listed = (words: readonly string[]) =>
  [words.slice(0, -1).join(", "), ...words.slice(-1)].filter((part) => part !== "").join(" and ");

const EXAMPLES: Readonly<Record<string, string>> = {
  prefill: "prefill: { nodes: [NAME] }",
  decode: "decode: { nodes: [NAME] }",
  proxy: "proxy: { node: NAME, port: 8000 }",
};
const PARTS = Object.keys(EXAMPLES);

/** Keys set to null are left out before the schema looks; a misspelled one would take nothing out, and silently. */
function takenOut(tree: Tree, path: Path, checked: Checked): readonly Finding[] {
  if (tree.kind === "list") return tree.items.flatMap((item, i) => takenOut(item, [...path, i], checked));
  if (tree.kind !== "dict") return [];
  const known = keysAt(checked.schema, path);
  return [...tree.entries].flatMap(([key, { value }]) => {
    if (!ownKeysOnly([...path, key])) return [];
    if (!isNull(value)) return takenOut(value, [...path, key], checked);
    const written = value.kind === "scalar" && value.form !== "empty";
    return known === undefined || !written || known.includes(key) ? [] : [unknownKey(key, path, checked)];
  });
}
