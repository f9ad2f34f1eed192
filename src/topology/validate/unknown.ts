import { flags } from "../../engines/index.ts";
import { near } from "../../words/near.ts";
import { dotted, errorAt } from "../findings/finding.ts";
import { shown } from "../findings/remark.ts";
import type { Finding, Path } from "../rule.ts";
import { flagName } from "../tree/normalise.ts";
import { lookUp, type Tree } from "../tree/tree.ts";
import type { Checked } from "./schema-findings.ts";
import { homeOf, keysAt } from "./shape-keys.ts";
import { kindOf } from "./wrong-type.ts";

/** S07, with the key that was meant, or the place where the key is at home. */
export function unknownKey(
  key: string,
  inner: Path,
  { schema, tree, pathOf }: Checked,
  known = keysAt(schema, inner) ?? [],
): Finding {
  const at = pathOf([...inner, key]);
  const value = lookUp(tree, [...inner, key])?.value;
  const text = value?.kind === "scalar" ? value.text : "…";
  const meant = near(key, known);
  const title = `unknown key ${shown(key)}`;
  if (meant !== undefined)
    return errorAt(at, "S07", title, { mark: "key", caret: `did you mean ${meant}?`, remedy: `${meant}: ${text}` });
  const [home] = homeOf(schema, inner, key) ?? (known.includes("args") && flags.has(flagName(key)) ? ["args"] : []);
  if (home !== undefined)
    return errorAt(at, "S07", title, {
      mark: "key",
      caret: `belongs to ${home}`,
      remedy: `${home}: { ${key}: ${text} }`,
    });
  const where = dotted(at.slice(0, -1));
  return errorAt(at, "S07", title, {
    mark: "key",
    remedy: `${where === "" ? "keys here" : `keys of ${where}`}: ${known.join(", ")}`,
  });
}

/** S05: a name that is none of those that there are. */
export function unknownName(kind: string, at: Path, value: Tree | undefined, allowed: readonly string[]): Finding {
  const text = value?.kind === "scalar" ? value.text : undefined;
  const what = text === undefined ? `is ${kindOf(value)}` : shown(text);
  const meant = text === undefined ? undefined : near(text, allowed);
  const title = text === undefined ? `${kind} ${what}` : `unknown ${kind} ${what}`;
  const remedy =
    meant === undefined
      ? `one of ${allowed.join(", ")}`
      : `${meant}${allowed.length > 1 ? `; allowed: ${allowed.join(", ")}` : ""}`;
  return errorAt(at, "S05", title, {
    mark: "value",
    remedy,
    ...(meant !== undefined && { caret: `did you mean ${meant}?` }),
  });
}
