import { badArgument, Fatal, usage } from "../fatal.ts";
import { faultsHelp } from "../faults.ts";
import { isObject, type JsonObject, parseJson } from "../json.ts";
import { type Flag, flagsOf, MEASURED } from "./flags.ts";
import { jsonArgument } from "./json-argument.ts";

export type Value = string | boolean | number | readonly string[] | JsonObject;

/** Values by their long name without dashes ("kv-transfer-config"); the positional is "model_tag". Last one wins, as in argparse. */
export type Parsed = ReadonlyMap<string, Value>;

type Flags = ReadonlyMap<string, Flag>;

/**
 * Parses the arguments of `vllm serve` as its parser does: underscores are dashes, the beginning of a name is the name where only one begins so,
 * dotted JSON keys are gathered and put behind everything else (so that they win over a JSON given as a whole, silently).
 * Source: launch.md §0, vllm-cpu.md §9, the parser itself.
 */
export function parseArgv(argv: readonly string[], version: string = MEASURED): Parsed {
  const flags = flagsOf(version);
  const words = gatherDotted(flags, argv.flatMap((word) => optimizationLevel(flags, word)).map(underscoresToDashes));
  const values = new Map<string, Value>();
  const positionals: string[] = [];
  const unknown: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") {
      positionals.push(...words.slice(at + 1));
      break;
    }
    if (!looksLikeFlag(word)) {
      positionals.push(word);
      continue;
    }
    const [written, inline] = splitInline(word);
    const name = spelling(flags, written);
    const flag = flags.get(name);
    if (flag === undefined) {
      unknown.push(word);
      continue;
    }
    if (flag.kind === "help") throw new Fatal(help(flags, version), 0);
    if (flag.kind === "switch" || flag.kind === "negatable") {
      if (inline !== undefined) throw badArgument(flag.names.join("/"), `ignored explicit argument '${inline}'`);
      values.set(flag.name, !flag.negatives.includes(name));
      continue;
    }
    const given = inline === undefined ? following(words, at + 1, flag) : [inline];
    if (inline === undefined) at += given.length;
    const value = convert(flag, given);
    const before = values.get(flag.name);
    values.set(
      flag.name,
      flag.repeats && Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value,
    );
  }
  const [model, ...rest] = withModelFlag(words, positionals);
  if (rest.length + unknown.length > 0) {
    throw usage(`vllm: error: unrecognized arguments: ${inOrder(argv, [...unknown, ...rest]).join(" ")}`);
  }
  if (model !== undefined) values.set("model_tag", model);
  return values;
}

/** The real text is the engine's own; this one says what is special about the stand-in. */
const help = (flags: Flags, version: string): readonly string[] => [
  "usage: vllm serve [model_tag] [options]",
  "",
  `pdctl's stand-in engine: takes the ${new Set(flags.values()).size} flags of vllm serve ${version}, binds its ports, moves stand-in KV. A token is a word.`,
  "As mooncake_master: pdctl sim mooncake_master [options].",
  "",
  "Time and faults, by environment; PDCTL_SIM_FAULTS is a JSON object of them per service id, rank:N or *:",
  ...faultsHelp(),
];

/** vLLM moves the value of `--model` to the front as the positional: beside a positional, that makes two. Source: launch.md §0. */
function withModelFlag(words: readonly string[], positionals: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => word === "--model" || word.startsWith("--model="));
  if (at < 0) return positionals;
  const word = words[at] ?? "";
  return [word.includes("=") ? word.slice("--model=".length) : (words[at + 1] ?? ""), ...positionals];
}

const looksLikeFlag = (word: string) =>
  word.startsWith("-") && word.length > 1 && !/^-\d/.test(word) && !word.includes(" ");

/** -O3, and -O 3; where there is no such flag, -O is a spelling of --compilation-config. */
const optimizationLevel = (flags: Flags, word: string): readonly string[] => {
  const level = /^-O(\d*)$/.exec(word)?.[1];
  if (level === undefined) return [word];
  const flag = flags.has("--optimization-level") ? "--optimization-level" : "-O";
  return level === "" ? [flag] : [flag, level];
};

function underscoresToDashes(word: string): string {
  if (!word.startsWith("--")) return word;
  const end = word.search(/[=.]/);
  return end < 0 ? word.replaceAll("_", "-") : word.slice(0, end).replaceAll("_", "-") + word.slice(end);
}

function splitInline(word: string): [string, string | undefined] {
  const at = word.indexOf("=");
  return at > 0 ? [word.slice(0, at), word.slice(at + 1)] : [word, undefined];
}

/** The spelling that a word is, or is the beginning of. */
function spelling(flags: Flags, word: string): string {
  if (flags.has(word) || !word.startsWith("--")) return word;
  const begun = [...flags.keys()].filter((name) => name.startsWith(word));
  if (begun.length > 1) throw usage(`vllm serve: error: ambiguous option: ${word} could match ${begun.join(", ")}`);
  return begun[0] ?? word;
}

function following(words: readonly string[], from: number, flag: Flag): readonly string[] {
  const given: string[] = [];
  const most = flag.words === "+" || flag.words === "*" ? Number.POSITIVE_INFINITY : 1;
  for (const word of words.slice(from)) {
    if (given.length >= most || looksLikeFlag(word) || word === "--") break;
    given.push(word);
  }
  if (given.length === 0 && flag.words !== "*" && flag.words !== "?") {
    throw badArgument(
      flag.names.join("/"),
      flag.words === "+" ? "expected at least one argument" : "expected one argument",
    );
  }
  return given;
}

function convert(flag: Flag, given: readonly string[]): Value {
  const values = given.map((word) => (flag.folded ? word.toLowerCase().replaceAll("-", "_") : word));
  const names = flag.names.filter((name) => !flag.negatives.includes(name)).join("/");
  const [first = ""] = values;
  if (flag.optional && values.every((word) => word === "" || word === "None") && flag.words === undefined) return first;
  const read = values.map((word) => one(flag, names, word));
  for (const word of flag.choices === undefined ? [] : values) {
    if (flag.choices?.includes(word)) continue;
    const listed = flag.choices?.map((choice) => `'${choice}'`).join(", ");
    throw badArgument(names, `invalid choice: '${word}' (choose from ${listed})`);
  }
  return flag.words !== undefined || flag.repeats ? values : (read[0] ?? first);
}

/** One word, read as the flag reads it. */
function one(flag: Flag, names: string, word: string): Value {
  switch (flag.kind) {
    case "int":
      if (!/^\s*[+-]?\d+(_\d+)*\s*$/.test(word)) throw badArgument(names, unreadable(flag, "int", word));
      return Number(word.replaceAll("_", ""));
    case "float":
      if (word.trim() === "" || Number.isNaN(Number(word))) throw badArgument(names, unreadable(flag, "float", word));
      return Number(word);
    case "size":
      return size(names, word);
    case "size-or-auto":
      return /^(-1|auto)$/i.test(word) ? -1 : size(names, word, "human_readable_int_or_auto");
    case "text-or-object":
      return /^\s*\{.*\}\s*$/s.test(word) ? jsonArgument(names, word) : word;
    case "json":
    case "object":
      return jsonArgument(names, word, flag.kind === "object");
    case "commas":
      return word.split(",");
    default:
      return word;
  }
}

const unreadable = ({ optional }: Flag, type: string, word: string): string =>
  optional ? `Value ${word} cannot be converted to <class '${type}'>.` : `invalid ${type} value: '${word}'`;

/** 1k is 1000, 1K is 1024. */
function size(names: string, given: string, reader = "human_readable_int"): number {
  const match = /^\s*(-?\d+(?:\.\d+)?)([kmgtKMGT]?)\s*$/.exec(given);
  const [, number = "", suffix = ""] = match ?? [];
  const whole = /^[-\d]+$/.test(number);
  if (match !== null && !whole && /^[KMGT]$/.test(suffix))
    throw badArgument(
      names,
      `Decimals are not allowed with binary suffixes like ${suffix}. Did you mean to use ${number}${suffix.toLowerCase()} instead?`,
    );
  if (match === null || (!whole && suffix === "")) throw badArgument(names, `invalid ${reader} value: '${given}'`);
  const power = " kmgt".indexOf(suffix.toLowerCase());
  const factor = suffix === "" ? 1 : (suffix === suffix.toUpperCase() ? 1024 : 1000) ** power;
  return Math.floor(Number(number) * factor);
}

/** `--compilation-config.a.b 1` becomes one JSON of all such keys, appended: it replaces what the whole flag said before. */
function gatherDotted(flags: Flags, words: readonly string[]): readonly string[] {
  const kept: string[] = [];
  const gathered = new Map<string, JsonObject>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const match = /^(--?[a-zA-Z][\w-]*)\.([^=]+)(?:=(.*))?$/s.exec(word);
    const flag = match?.[1] === undefined ? undefined : flags.get(match[1]);
    if (match === null || flag === undefined || !/json|object/.test(flag.kind)) {
      kept.push(word);
      continue;
    }
    const [, name = "", path = "", inline] = match;
    const raw = inline ?? words[++at] ?? "";
    gathered.set(
      name,
      place(
        gathered.get(name) ?? {},
        path.replace(/\+$/, "").split("."),
        path.endsWith("+") ? raw.split(",") : scalar(raw),
      ),
    );
  }
  return [...kept, ...[...gathered].flatMap(([name, value]) => [name, JSON.stringify(value)])];
}

const scalar = (raw: string): unknown => parseJson(raw)?.value ?? raw;

function place(into: JsonObject, [key = "", ...rest]: readonly string[], value: unknown): JsonObject {
  if (rest.length === 0) return { ...into, [key]: value };
  const inner = into[key];
  return { ...into, [key]: place(isObject(inner) ? inner : {}, rest, value) };
}

const inOrder = (argv: readonly string[], words: readonly string[]) =>
  [...words].sort((a, b) => argv.indexOf(a) - argv.indexOf(b));
