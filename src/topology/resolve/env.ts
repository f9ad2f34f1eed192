import { dotted, errorAt } from "../findings/finding.ts";
import type { Finding, Path } from "../rule.ts";
import type { Env, EnvValue } from "../topology.ts";
import { isNull, type Tree } from "../tree/tree.ts";

/** Variables of one layer. `without`: names that a written null takes out of the layers below. */
export interface ReadEnv {
  readonly env: Env;
  readonly without: readonly string[];
  readonly findings: readonly Finding[];
}

export function envOf(tree: Tree | undefined, at: Path): ReadEnv {
  const env: Record<string, EnvValue> = {};
  const without: string[] = [];
  const findings: Finding[] = [];
  for (const [name, { value }] of tree?.kind === "dict" ? tree.entries : []) {
    const read = envValueOf(value);
    if (isNull(value)) without.push(name);
    else if (read !== undefined) env[name] = read;
    else findings.push(notAValue([...at, name], value));
  }
  return { env, without, findings };
}

function notAValue(at: Path, value: Tree): Finding {
  const [name, texts] = [
    String(at.at(-1)),
    value.kind === "list" ? value.items.map((item) => (item.kind === "scalar" ? item.text : "…")) : [],
  ];
  const remedy =
    texts.length > 0
      ? [`${name}: "${texts.join(",")}"`, `${name}: { prepend: [${texts.join(", ")}] } for a path list`]
      : [`${name}: { prepend: [/a, /b], append: [/z] }`];
  return errorAt(at, "env-value", `${dotted(at)} is neither a text nor a path list`, { mark: "value", remedy });
}

function envValueOf(value: Tree): EnvValue | undefined {
  if (value.kind === "scalar") return value.text;
  if (value.kind === "list") return undefined;
  const [prepend, append] = [partOf(value, "prepend"), partOf(value, "append")];
  const hasOther = [...value.entries.keys()].some((key) => key !== "prepend" && key !== "append");
  return hasOther || prepend === undefined || append === undefined ? undefined : { prepend, append };
}

/** The entries of one side; none where it is not written, undefined where it is not a list of texts. */
function partOf(value: Extract<Tree, { kind: "dict" }>, side: string): readonly string[] | undefined {
  const list = value.entries.get(side)?.value;
  if (list === undefined || isNull(list)) return [];
  if (list.kind !== "list") return undefined;
  const texts = list.items.map((item) =>
    item.kind === "scalar" && item.value !== null && item.text !== "" ? item.text : undefined,
  );
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

/** One layer over another: a text replaces, path lists grow outwards, a null takes out. */
export function composeEnv(base: Env, over: Env, without: readonly string[] = []): Env {
  const composed: Record<string, EnvValue> = Object.fromEntries(
    Object.entries(base).filter(([name]) => !without.includes(name)),
  );
  for (const [name, value] of Object.entries(over))
    composed[name] = composeValue(Object.hasOwn(composed, name) ? composed[name] : undefined, value);
  return composed;
}

function composeValue(base: EnvValue | undefined, over: EnvValue): EnvValue {
  if (base === undefined || typeof over === "string") return over;
  if (typeof base === "string") return [...over.prepend, base, ...over.append].filter((part) => part !== "").join(":");
  return { prepend: [...over.prepend, ...base.prepend], append: [...base.append, ...over.append] };
}
