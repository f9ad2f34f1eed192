import { dotted, errorAt } from "../findings/finding.ts";
import { shown } from "../findings/remark.ts";
import type { Finding, Path } from "../rule.ts";
import type { Scalar, Tree } from "../tree/tree.ts";

/** `prefill.port is the text "8100"; a number belongs there`. `expected`: zod's type names, or words of a schema of ours. */
export function wrongType(at: Path, value: Tree, expected: readonly string[]): Finding {
  const wanted = [...new Set(expected)].map((type) => words[type] ?? type);
  const title = `${dotted(at) || "the topology"} is ${kindOf(value)}; ${wanted.join(" or ")} belongs there`;
  const scalars = expected.filter((type) => type !== "array"); // where one value does too, a list is not what was meant
  const meant =
    value.kind === "scalar"
      ? (scalars.length > 0 ? scalars : expected).map((type) => asType(value, type)).find((text) => text !== undefined)
      : undefined;
  const key = at.findLast((step) => typeof step === "string");
  const remedy = meant === undefined ? wanted.join(", or ") : at.at(-1) === key ? `${key}: ${meant}` : meant;
  return errorAt(at, "type", title, { mark: "value", remedy });
}

/** The same value as the type that belongs there, where that can be guessed. */
function asType({ value, text }: Scalar, type: string): string | undefined {
  if (type === "string") return typeof value === "string" ? undefined : JSON.stringify(text);
  if (type === "number" || type === "int") return /^-?\d+$/.test(text) ? text : undefined;
  if (type === "array") return typeof value === "string" ? `[${text}]` : undefined;
  if (type === "boolean")
    return /^(yes|on|true|1)$/i.test(text) ? "true" : /^(no|off|false|0)$/i.test(text) ? "false" : undefined;
  return type.startsWith("a duration") && /^\d+$/.test(text) ? `${text}s` : undefined;
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

export function kindOf(value: Tree | undefined): string {
  if (value === undefined) return "nothing";
  if (value.kind !== "scalar") return value.kind === "dict" ? "a map" : "a list";
  if (value.value === null) return "null";
  return `the ${typeof value.value === "string" ? "text" : typeof value.value === "number" ? "number" : "value"} ${shown(value.text)}`;
}
