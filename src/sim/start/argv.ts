import { badArgument, Fatal, usage } from "../fatal.ts";
import { faultsHelp } from "../faults.ts";
import table from "../flags.json" with { type: "json" };
import { isObject, type JsonObject, parseJson } from "../json.ts";

interface Flag {
  readonly names: readonly string[];
  readonly kind: string;
  readonly choices?: readonly string[];
}

export type Value = string | boolean | number | readonly string[] | JsonObject;

/** Values by their long name without dashes ("kv-transfer-config"); the positional is "model_tag". Last one wins, as in argparse. */
export type Parsed = ReadonlyMap<string, Value>;

export const flagTableVersion = table.version;

const flags: readonly Flag[] = table.flags;
const byName = new Map(flags.flatMap((flag) => flag.names.map((name) => [name, flag] as const)));
const longName = (flag: Flag) =>
  (flag.names.find((name) => /^--(?!no-)/.test(name)) ?? flag.names[0] ?? "").replace(/^--/, "");

/**
 * Parses the arguments of `vllm serve` as its parser does: underscores are dashes, no abbreviations, dotted JSON keys are gathered and
 * put behind everything else (so that they win over a JSON given as a whole, silently). Source: launch.md §0, vllm-cpu.md §9.
 */
export function parseArgv(argv: readonly string[]): Parsed {
  const words = gatherDotted(argv.flatMap(optimizationLevel).map(underscoresToDashes));
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
    const [name, inline] = splitInline(word);
    const flag = byName.get(name);
    if (flag === undefined) {
      unknown.push(word);
      continue;
    }
    if (flag.kind === "help") throw new Fatal(help(), 0);
    if (flag.kind === "switch" || flag.kind === "boolean") {
      if (inline !== undefined) throw badArgument(flag.names.join("/"), `ignored explicit argument '${inline}'`);
      values.set(longName(flag), !name.startsWith("--no-"));
      continue;
    }
    const given = inline === undefined ? following(words, at + 1, flag) : [inline];
    if (inline === undefined) at += given.length;
    values.set(longName(flag), convert(flag, given));
  }
  const [model, ...rest] = withModelFlag(words, positionals);
  if (rest.length + unknown.length > 0) {
    throw usage(`vllm: error: unrecognized arguments: ${inOrder(argv, [...unknown, ...rest]).join(" ")}`);
  }
  if (model !== undefined) values.set("model_tag", model);
  return values;
}

/** The real text is the engine's own; this one says what is special about the stand-in. */
const help = (): readonly string[] => [
  "usage: vllm serve [model_tag] [options]",
  "",
  `pdctl's stand-in engine: takes the ${flags.length} flags of vllm serve ${table.version}, binds its ports, moves stand-in KV. A token is a word.`,
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

/** -O3, and -O 3. */
const optimizationLevel = (word: string): readonly string[] => {
  const level = /^-O(\d*)$/.exec(word)?.[1];
  if (level === undefined) return [word];
  return level === "" ? ["--optimization-level"] : ["--optimization-level", level];
};

function underscoresToDashes(word: string): string {
  if (!word.startsWith("--")) return word;
  const end = word.search(/[=.]/);
  return end < 0 ? word.replaceAll("_", "-") : word.slice(0, end).replaceAll("_", "-") + word.slice(end);
}

function splitInline(word: string): [string, string | undefined] {
  const at = word.indexOf("=");
  if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
  if (byName.has(word) || word.startsWith("--")) return [word, undefined];
  // -tp4: the longest short flag that the word begins with
  const short = [...byName.keys()]
    .filter((name) => !name.startsWith("--") && word.startsWith(name))
    .sort((a, b) => b.length - a.length)[0];
  return short === undefined ? [word, undefined] : [short, word.slice(short.length)];
}

function following(words: readonly string[], from: number, flag: Flag): readonly string[] {
  const given: string[] = [];
  const most = flag.kind === "list" ? Number.POSITIVE_INFINITY : 1;
  for (const word of words.slice(from)) {
    if (given.length >= most || looksLikeFlag(word) || word === "--") break;
    given.push(word);
  }
  if (given.length === 0 && flag.kind !== "optional") {
    throw badArgument(
      flag.names.join("/"),
      flag.kind === "list" ? "expected at least one argument" : "expected one argument",
    );
  }
  return given;
}

function convert(flag: Flag, given: readonly string[]): Value {
  const names = flag.names.join("/");
  const [first = ""] = given;
  for (const one of flag.choices === undefined ? [] : given) {
    if (flag.choices?.includes(one)) continue;
    const listed = flag.choices?.map((choice) => `'${choice}'`).join(", ");
    throw badArgument(names, `invalid choice: '${one}' (choose from ${listed})`);
  }
  switch (flag.kind) {
    case "list":
      return given;
    case "integer":
      if (!/^[+-]?\d+$/.test(first)) throw badArgument(names, `invalid int value: '${first}'`);
      return Number(first);
    case "number":
      if (first.trim() === "" || Number.isNaN(Number(first)))
        throw badArgument(names, `invalid float value: '${first}'`);
      return Number(first);
    case "size":
      return size(names, first);
    case "json":
      return json(names, first);
    default:
      return first;
  }
}

/** 1k is 1000, 1K is 1024; "auto" and -1 mean "as much as fits". */
function size(names: string, given: string): number {
  if (given === "auto") return -1;
  const match = /^(-?\d+(?:\.\d+)?)([kmgtKMGT]?)$/.exec(given);
  if (match === null) throw badArgument(names, `invalid human_readable_int value: '${given}'`);
  const power = " kmgt".indexOf((match[2] ?? "").toLowerCase());
  const factor = match[2] === "" ? 1 : (match[2] === match[2]?.toUpperCase() ? 1024 : 1000) ** power;
  return Math.floor(Number(match[1]) * factor);
}

function json(names: string, given: string): Value {
  const config = names === "--kv-transfer-config" ? "KVTransferConfig" : undefined;
  const parsed = parseJson(given);
  if (parsed === undefined) {
    if (config === undefined) throw badArgument(names, `Value ${given} cannot be converted to <function loads>.`);
    throw badArgument(names, `1 validation error for ${config}\n  Invalid JSON: ${rustComplaint(given)}`);
  }
  if (!isObject(parsed.value)) throw badArgument(names, `Input should be an object`);
  return parsed.value;
}

/** pydantic's JSON reader names line and column; that much of it is kept. */
function rustComplaint(given: string): string {
  const lines = given.split("\n");
  const column = lines.at(-1)?.length ?? 0;
  const opens = (given.match(/[{[]/g) ?? []).length > (given.match(/[}\]]/g) ?? []).length;
  if (given.trim() === "" || opens) return `EOF while parsing a value at line ${lines.length} column ${column}`;
  return `expected value at line 1 column ${Math.max(1, given.search(/[^\s]/) + 1)}`;
}

/** `--compilation-config.a.b 1` becomes one JSON of all such keys, appended: it replaces what the whole flag said before. */
function gatherDotted(words: readonly string[]): readonly string[] {
  const kept: string[] = [];
  const gathered = new Map<string, JsonObject>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const match = /^(--?[a-zA-Z][\w-]*)\.([^=]+)(?:=(.*))?$/s.exec(word);
    const flag = match?.[1] === undefined ? undefined : byName.get(match[1]);
    if (match === null || flag?.kind !== "json") {
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
