import type { z } from "zod";
import { near } from "../../words/near.ts";
import { type Code, namedCodes } from "../findings/codes.ts";
import { dotted, errorAt } from "../findings/finding.ts";
import { shown } from "../findings/remark.ts";
import type { Finding, Path } from "../rule.ts";
import { isNull, lookUp, type Tree } from "../tree/tree.ts";
import { keysAt } from "./shape-keys.ts";
import { unknownKey, unknownName } from "./unknown.ts";
import { wrongType } from "./wrong-type.ts";

type Issue = z.core.$ZodIssue;

export interface Checked {
  readonly schema: z.core.$ZodType;
  /** The value that was checked. */
  readonly tree: Tree;
  /** From a path inside the checked value to the path in the topology. */
  readonly pathOf: (inner: Path) => Path;
}

/** What a schema found, in a reader's words. */
export function schemaFindings(issues: readonly Issue[], checked: Checked): readonly Finding[] {
  const findings = issues.flatMap((issue) => issueFindings(issue, pathIn(issue), checked));
  const place = ({ code, at }: Finding) => `${code} ${JSON.stringify(at)}`; // a misspelt key is unknown, and the right one missing
  return [...new Map(findings.map((finding) => [place(finding), finding])).values()];
}

/** Paths of the keys that a schema does not know. */
export const unknownKeys = (issues: readonly Issue[], above: Path = []): readonly Path[] =>
  issues.flatMap((issue) => {
    const at = [...above, ...pathIn(issue)];
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => [...at, key]);
    return issue.code === "invalid_union" ? unknownKeys(fittingBranch(issue.errors) ?? [], at) : [];
  });

/** Paths of the values that do not fit; a list with a wrong entry counts as a whole, so that no entry changes its number. */
export const misfits = (issues: readonly Issue[], above: Path = []): readonly Path[] =>
  issues.flatMap((issue) => {
    const at = [...above, ...pathIn(issue)];
    const branch = issue.code === "invalid_union" ? fittingBranch(issue.errors) : undefined;
    if (branch !== undefined) return misfits(branch, at);
    const end = at.findLastIndex((step) => typeof step === "string") + 1;
    return issue.code === "unrecognized_keys" ? [] : [at.slice(0, end)];
  });

/** Of alternatives, the one whose type was meant. */
const fittingBranch = (branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined =>
  branches.find((issues) => !issues.some(({ code, path }) => code === "invalid_type" && path.length === 0));

const pathIn = (issue: Issue): Path => issue.path.map((step) => (typeof step === "number" ? step : String(step)));

function issueFindings(issue: Issue, inner: Path, checked: Checked): readonly Finding[] {
  const at = checked.pathOf(inner);
  const subject = dotted(at) || "the topology";
  const found = lookUp(checked.tree, inner)?.value;
  if (found?.kind === "scalar" && found.form === "empty") return []; // said as empty-value
  const value = isNull(found) ? undefined : found;
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, inner, checked));
    case "invalid_value":
      if (value === undefined) return [missing(inner, checked)];
      return [
        isOfType(value, issue.values)
          ? unknownName(kindAt(at), at, value, issue.values.map(String))
          : wrongType(
              at,
              value,
              issue.values.map((one) => typeof one),
            ),
      ];
    case "invalid_type":
      return [value === undefined ? missing(inner, checked) : wrongType(at, value, [wantedBy(issue)])];
    case "invalid_union": {
      const branch = fittingBranch(issue.errors);
      if (branch !== undefined) return branch.flatMap((one) => issueFindings(one, [...inner, ...pathIn(one)], checked));
      const expected = issue.errors.flatMap((errors) =>
        errors.flatMap((one) => (one.code === "invalid_type" ? [wantedBy(one)] : [])),
      );
      return [value === undefined ? missing(inner, checked) : wrongType(at, value, expected)];
    }
    case "too_small":
      return [
        outOfBounds(subject, at, value, `${issue.inclusive === false ? "more than" : "at least"} ${issue.minimum}`),
      ];
    case "too_big":
      return [
        outOfBounds(subject, at, value, `${issue.inclusive === false ? "less than" : "at most"} ${issue.maximum}`),
      ];
    case "custom": {
      const { code, remedy } = wrongOf(issue.params);
      const text = value?.kind === "scalar" ? ` ${shown(value.text)}` : "";
      return [errorAt(at, code, `${subject}${text} ${issue.message}`, { mark: "value", remedy })];
    }
    default:
      return [errorAt(at, "type", `${subject}: ${issue.message}`, { mark: "value", remedy: [] })];
  }
}

/** Codes and remedies that our own schemas carry; a connector's schema may say nothing. */
function wrongOf(params: Record<string, unknown> | undefined): { code: Code; remedy: readonly string[] } {
  const { code, remedy } = params ?? {};
  const known = (Object.keys(namedCodes) as Code[]).find((one) => one === code);
  return { code: known ?? "type", remedy: Array.isArray(remedy) ? remedy.map(String) : [] };
}

function outOfBounds(subject: string, at: Path, value: Tree | undefined, bound: string): Finding {
  const entries = value?.kind === "list" ? value.items.length : undefined;
  const found =
    entries === undefined
      ? `is ${value?.kind === "scalar" ? shown(value.text).slice(1, -1) : "not"}`
      : entries === 0
        ? "is empty"
        : `has ${entries} entries`;
  return errorAt(at, "number", `${subject} ${found}`, { mark: "value", remedy: bound });
}

/** Our own schemas may say what they want in words of their own. */
const wantedBy = (issue: Extract<Issue, { code: "invalid_type" }>): string =>
  issue.message.startsWith("Invalid input") ? issue.expected : issue.message;

const isOfType = (value: Tree, allowed: readonly unknown[]): boolean =>
  value.kind === "scalar" && allowed.some((one) => typeof one === typeof value.value);

/** What a name is the name of: `connector`, `policy`, `engine kind`; an entry of a list goes by the list. */
function kindAt(at: Path): string {
  const keys = at.filter((step) => typeof step === "string");
  const last = keys.at(-1) ?? "name";
  return last === "kind" ? [keys.at(-2), last].join(" ") : last;
}

function missing(inner: Path, { schema, tree, pathOf }: Checked): Finding {
  const at = pathOf(inner);
  if (typeof at.at(-1) === "number")
    return errorAt(at, "type", `${dotted(at)} is null`, { mark: "value", remedy: "an entry, or no dash" });
  const misspelt = misspeltAs(inner, { schema, tree, pathOf });
  if (misspelt !== undefined) return misspelt;
  const where = dotted(at.slice(0, -1)) || "the topology";
  const kinds = keysAt(schema, inner) === undefined ? "…" : "{ … }";
  return errorAt(at, "missing", `${where} has no ${at.at(-1)}`, { mark: "key", remedy: `${at.at(-1)}: ${kinds}` });
}

/** S07 in the place of a key that is missing because it was written as another word. */
function misspeltAs(inner: Path, checked: Checked): Finding | undefined {
  const [above, wanted] = [inner.slice(0, -1), String(inner.at(-1))];
  const parent = lookUp(checked.tree, above)?.value;
  const known = keysAt(checked.schema, above) ?? [wanted]; // other keys of a connector are its own schema's to know
  if (parent?.kind !== "dict") return undefined;
  const key = [...parent.entries.keys()].find((word) => !known.includes(word) && near(word, known) === wanted);
  return key === undefined ? undefined : unknownKey(key, above, checked, known);
}
