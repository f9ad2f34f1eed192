import type { ArgValue } from "../topology/topology.ts";
import type { Flag, FlagKind } from "./flags.ts";
import { jsonError } from "./json-error.ts";

/** Why a flag does not take a value: what it wants instead; `json`: it is the text that is not JSON. */
export interface Refusal {
  readonly wants: string;
  readonly json?: { readonly at: number; readonly expected: string };
}

/** What vLLM's parser would refuse; undefined: it takes the value. Source: argparse, and the conversions that the flag table names. */
export function refusal(name: string, flag: Flag, value: ArgValue): Refusal | undefined {
  if (flag.kind === "switch" || flag.kind === "negatable") return switched(name, flag, value);
  if (value === false) return { wants: `${sort(flag)}; there is no --no-${name}` };
  if (value === true) return flag.words === "?" || flag.words === "*" ? undefined : { wants: sort(flag) };
  if (typeof value === "string") return word(flag, value);
  if ("json" in value) return word(flag, JSON.stringify(value.json));
  if (flag.words === undefined && !flag.repeats && flag.kind !== "commas")
    return flag.kind === "json" ? undefined : { wants: `${sort(flag)}, not a list` };
  if (value.length === 0 && flag.words === "+") return { wants: `at least one: ${sort(flag)}` };
  return value.map((each) => word(flag, each)).find((each) => each !== undefined);
}

function switched(name: string, { negatives = [] }: Flag, value: ArgValue): Refusal | undefined {
  if (value === true || (value === false && negatives.includes(`--no-${name}`))) return undefined;
  return { wants: negatives.length > 0 ? "true or false" : "true, or to be left out" };
}

function word(flag: Flag, text: string): Refusal | undefined {
  if (flag.optional && (text === "" || text === "None")) return undefined;
  if (flag.aliases?.includes("-O") && /^\d$/.test(text)) return undefined; // an optimisation level, while it was part of that map
  const json = needsJson(flag.kind, text) ? jsonError(text) : undefined;
  if (json !== undefined) return { wants: "JSON", json };
  if (!reads[flag.kind](text)) return { wants: sort(flag) };
  const given = flag.folded ? text.toLowerCase().replaceAll("-", "_") : flag.kind === "int" ? text.trim() : text;
  return flag.choices === undefined || flag.choices.includes(given) ? undefined : { wants: sort(flag) };
}

const needsJson = (kind: FlagKind, text: string): boolean =>
  kind === "json" || kind === "object" || (kind === "text-or-object" && /^\s*\{.*\}\s*$/s.test(text));

/** Python's numbers: blanks around them and underscores inside are taken. */
const INTEGER = /^\s*[+-]?\d+(_\d+)*\s*$/;
const FLOAT = /^\s*[+-]?((\d+(_\d+)*)(\.(\d+(_\d+)*)?)?|\.\d+(_\d+)*)(e[+-]?\d+)?\s*$|^\s*[+-]?(nan|inf|infinity)\s*$/i;
const SIZE = /^\s*(\d+(\.\d+)?[kmgt]|\d+[KMGT])\s*$/;
const anything = () => true;

const reads: Readonly<Record<FlagKind, (text: string) => boolean>> = {
  help: anything,
  switch: anything,
  negatable: anything,
  text: anything,
  int: (text) => INTEGER.test(text),
  float: (text) => FLOAT.test(text),
  size: (text) => INTEGER.test(text) || SIZE.test(text),
  "size-or-auto": (text) => INTEGER.test(text) || SIZE.test(text) || /^\s*auto\s*$/i.test(text),
  json: anything,
  object: (text) => /^\s*\{/.test(text),
  "text-or-object": anything,
  commas: anything,
};

const sorts: Readonly<Record<FlagKind, string>> = {
  help: "nothing",
  switch: "nothing",
  negatable: "nothing",
  text: "a text",
  int: "an integer",
  float: "a number",
  size: "an integer, also with k, m, g, t (1000) or K, M, G, T (1024)",
  "size-or-auto": "an integer, also with k, m, g, t (1000) or K, M, G, T (1024), or auto",
  json: "JSON",
  object: "a map",
  "text-or-object": "a text or a map",
  commas: "a list",
};

/** What a flag takes, for people. */
const sort = ({ kind, choices }: Flag): string =>
  choices === undefined ? sorts[kind] : `one of ${choices.join(", ")}`;
