import type { z } from "zod";
import { type Code, namedCodes } from "./codes.ts";
import { dotted, errorAt } from "./finding.ts";
import { near } from "./near.ts";
import { shown } from "./remark.ts";
import type { Finding, Path } from "./rule.ts";
import { homeOf, keysAt } from "./shape-keys.ts";
import { lookUp, type Tree } from "./tree.ts";

type Issue = z.core.$ZodIssue;

export interface Checked {
  readonly schema: z.core.$ZodType;
  /** The value that was checked. */
  readonly tree: Tree;
  /** From a path inside the checked value to the path in the topology. */
  readonly pathOf: (inner: Path) => Path;
}

/** What a schema found, in a reader's words. */
export const schemaFindings = (issues: readonly Issue[], checked: Checked): readonly Finding[] =>
  issues.flatMap((issue) => issueFindings(issue, pathIn(issue), checked));

/** Paths of the keys that a schema does not know. */
export const unknownKeys = (issues: readonly Issue[], above: Path = []): readonly Path[] =>
  issues.flatMap((issue) => {
    const at = [...above, ...pathIn(issue)];
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => [...at, key]);
    return issue.code === "invalid_union" ? unknownKeys(fittingBranch(issue.errors) ?? [], at) : [];
  });

/** Of alternatives, the one whose type was meant. */
const fittingBranch = (branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined =>
  branches.find((issues) => !issues.some(({ code, path }) => code === "invalid_type" && path.length === 0));

const pathIn = (issue: Issue): Path => issue.path.map((step) => (typeof step === "number" ? step : String(step)));

function issueFindings(issue: Issue, inner: Path, checked: Checked): readonly Finding[] {
  const at = checked.pathOf(inner);
  const subject = dotted(at) || "the topology";
  const value = lookUp(checked.tree, inner)?.value;
  if (value?.kind === "scalar" && value.form === "empty") return []; // said as empty-value
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, inner, checked));
    case "invalid_value":
      return [unknownName(String(at.at(-1)), at, value, issue.values.map(String))];
    case "invalid_type":
      return [value === undefined ? missing(inner, checked) : wrongType(subject, at, value, [issue.expected])];
    case "invalid_union": {
      const branch = fittingBranch(issue.errors);
      if (branch !== undefined) return branch.flatMap((one) => issueFindings(one, [...inner, ...pathIn(one)], checked));
      const expected = issue.errors.flatMap((errors) =>
        errors.flatMap((one) => (one.code === "invalid_type" ? [one.expected] : [])),
      );
      return [value === undefined ? missing(inner, checked) : wrongType(subject, at, value, expected)];
    }
    case "too_small":
    case "too_big": {
      const bound = issue.code === "too_small" ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
      const counted =
        value?.kind === "list"
          ? `has ${value.items.length} entries`
          : `is ${value?.kind === "scalar" ? value.text : "not"}`;
      const list = value?.kind === "list" && value.items.length === 0 ? "is empty" : counted;
      return [errorAt(at, "number", `${subject} ${list}; ${bound}`, { mark: "value", remedy: bound })];
    }
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

/** S07, with the key that was meant, or the place where the key is at home. */
export function unknownKey(key: string, inner: Path, { schema, tree, pathOf }: Checked): Finding {
  const known = keysAt(schema, inner) ?? [];
  const at = pathOf([...inner, key]);
  const value = lookUp(tree, [...inner, key])?.value;
  const text = value?.kind === "scalar" ? value.text : "…";
  const meant = near(key, known);
  const title = `unknown key ${shown(key)}`;
  if (meant !== undefined)
    return errorAt(at, "S07", title, { mark: "key", caret: `did you mean ${meant}?`, remedy: `${meant}: ${text}` });
  const [home] = homeOf(schema, inner, key) ?? [];
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
  const what = text === undefined ? `is a ${kindOf(value)}` : shown(text);
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

function missing(inner: Path, { schema, pathOf }: Checked): Finding {
  const at = pathOf(inner);
  const where = dotted(at.slice(0, -1)) || "the topology";
  const kinds = keysAt(schema, inner) === undefined ? "…" : "{ … }";
  return errorAt(at, "missing", `${where} has no ${at.at(-1)}`, { mark: "key", remedy: `${at.at(-1)}: ${kinds}` });
}

function wrongType(subject: string, at: Path, value: Tree, expected: readonly string[]): Finding {
  const wanted = [...new Set(expected)].map((type) => words[type] ?? type);
  const quoted = value.kind === "scalar" && expected.includes("string") && typeof value.value !== "string";
  const wantsItem = value.kind === "scalar" && expected.includes("array") && wanted.length === 1;
  const remedy = quoted
    ? `${at.at(-1)}: ${JSON.stringify(value.text)}`
    : wantsItem
      ? `${at.at(-1)}: [${value.text}]`
      : wanted.join(", or ");
  return errorAt(at, "type", `${subject} is ${kindOf(value)}; ${wanted.join(" or ")} belongs there`, {
    mark: "value",
    remedy,
  });
}

const words: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
};

function kindOf(value: Tree | undefined): string {
  if (value === undefined) return "nothing";
  if (value.kind !== "scalar") return value.kind === "dict" ? "a map" : "a list";
  if (value.value === null) return "null";
  return `the ${typeof value.value === "string" ? "text" : typeof value.value === "number" ? "number" : "value"} ${shown(value.text)}`;
}
