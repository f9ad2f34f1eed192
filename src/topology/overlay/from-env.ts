import type { Say } from "../findings/remark.ts";
import type { Path } from "../rule.ts";
import type { Place } from "../tree/source.ts";
import { type Dict, dictOf, type Scalar, type Tree } from "../tree/tree.ts";

const REFERENCE = /\$\{env:([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\}/g;

export interface Filled {
  /** Every variable that was asked for, and where. */
  readonly used: readonly { readonly name: string; readonly place: Place }[];
  /** `${env:NAME}` and `${env:NAME:-default}` in the values of a file, filled in from the launcher's environment. */
  fill(tree: Dict): Dict;
  /** The same for one value at its path. */
  fillAt(value: Tree, path: Path): Tree;
}

export function fromEnvironment(env: Readonly<Record<string, string | undefined>>, say: Say): Filled {
  const used: { name: string; place: Place }[] = [];
  const fillScalar = (scalar: Scalar, path: Path): Scalar => {
    if (typeof scalar.value !== "string" || !scalar.text.includes("${env:")) return scalar;
    const place = scalar.at;
    const wrong = (title: string, remedy: string) =>
      say({ code: "environment", title, place, at: path, remedy: [remedy] });
    if (isShell(path)) {
      wrong(
        "${env:…} stands in a text that a shell reads",
        "give it to engine.env and read that variable in the shell",
      );
      return scalar;
    }
    const text = scalar.text.replaceAll(REFERENCE, (_, name: string, otherwise: string | undefined) => {
      used.push({ name, place });
      const value = env[name];
      if (value !== undefined && (value !== "" || otherwise === undefined)) return value;
      if (otherwise !== undefined) return otherwise;
      wrong(`${name} is not set in your environment`, `export ${name}=…, or \${env:${name}:-default}`);
      return "";
    });
    if (scalar.text.replaceAll(REFERENCE, "").includes("${env:"))
      wrong("${env: is not followed by a name and }", "${env:NAME} or ${env:NAME:-default}");
    const alone = scalar.text.replace(REFERENCE, "") === "";
    return { ...scalar, text, form: "quoted", value: alone ? typed(text) : text };
  };
  const fillTree = (tree: Tree, path: Path): Tree => {
    if (tree.kind === "scalar") return fillScalar(tree, path);
    if (tree.kind === "list") return { ...tree, items: tree.items.map((item, i) => fillTree(item, [...path, i])) };
    return fillDict(tree, path);
  };
  const fillDict = (dict: Dict, path: Path): Dict =>
    dictOf(
      [...dict.entries].map(([key, { key: at, value }]) => [key, { key: at, value: fillTree(value, [...path, key]) }]),
      dict.at,
    );
  return {
    used,
    fillAt: fillTree,
    fill: (tree) => (tree.at.source.text.includes("${env:") ? fillDict(tree, []) : tree),
  };
}

/** Texts that a shell reads: what stands there is the shell's own business. */
const isShell = (path: Path): boolean =>
  (path.at(-1) === "prelude" && !path.some((step) => step === "env" || step === "args")) ||
  (path[0] === "setup" && path.at(-1) === "run");

/** A reference that is a whole value has the type that its text would have in YAML. */
function typed(text: string): string | number | boolean {
  if (/^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(text)) return Number(text);
  return text === "true" ? true : text === "false" ? false : text;
}
