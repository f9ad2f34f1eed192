import { type Command, InvalidArgumentError, Option } from "commander";

/** Options that every verb takes; shown once, in `pdctl --help`. */
export interface Common {
  readonly file?: string;
  readonly set: readonly string[];
  readonly hosts?: string;
  /** Of verbs over what runs: it is found without its topology, on any one of its nodes. */
  readonly cluster?: string;
  readonly host?: string;
  readonly json?: true;
  readonly ndjson?: true;
  readonly color: boolean;
  readonly ascii?: true;
  readonly quiet?: true;
  readonly debug?: true;
  /** Of verbs that ask. */
  readonly yes?: true;
}

const gathered = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export interface Taken {
  /** `-f` is the topology. */
  readonly short?: boolean;
  /** The answer can be one document. */
  readonly document?: boolean;
  /** The verb emits events. */
  readonly events?: boolean;
  /** It is about what runs. */
  readonly standing?: boolean;
}

export function common(
  command: Command,
  { short = true, document = true, events = false, standing = false }: Taken = {},
): Command {
  const options = [
    new Option(short ? "-f, --file <FILE>" : "--file <FILE>"), // `logs -f` follows
    new Option("--set <PATH=VALUE>").argParser(assignment).default([]),
    new Option("--hosts <RANGE|FILE>"),
    ...(standing ? [new Option("--cluster <NAME>"), new Option("--host <HOST>")] : []),
    ...(document ? [new Option("--json").conflicts("ndjson")] : []),
    ...(events ? [new Option("--ndjson")] : []),
    new Option("--no-color"),
    new Option("--ascii"),
    new Option("-q, --quiet"),
    new Option("--debug"),
  ];
  for (const option of options) command.addOption(option.hideHelp());
  return command;
}

function assignment(value: string, before: readonly string[]): readonly string[] {
  if (!/^[^=\s]+=/.test(value)) throw new InvalidArgumentError("it has to be PATH=VALUE");
  return gathered(value, before);
}

const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const isUnit = (unit: string): unit is keyof typeof UNIT_MS => unit in UNIT_MS;

/** `90s`, `15m`, `2h` → milliseconds. */
export function milliseconds(value: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value);
  const unit = match?.[2] ?? "";
  if (match === null || !isUnit(unit)) throw new InvalidArgumentError("a duration is written 90s, 15m or 2h");
  return Number(match[1]) * UNIT_MS[unit];
}

export const FIVE_MINUTES = 300_000;
/** null: never. */
export const millisecondsOrNever = (value: string): number | null => (value === "never" ? null : milliseconds(value));

export function whole(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError("it has to be a whole number");
  return Number(value);
}

export const list = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

/** Common options that stand before the verb are moved behind it: `pdctl --no-color plan`. */
export function hoisted(words: readonly string[]): readonly string[] {
  const valued = new Set(["-f", "--file", "--set", "--hosts"]);
  const flags = new Set(["--json", "--ndjson", "--no-color", "--ascii", "-q", "--quiet", "--debug"]);
  let at = 0;
  while (at < words.length) {
    const word = words[at] ?? "";
    if (valued.has(word)) at += 2;
    else if (flags.has(word) || [...valued].some((name) => word.startsWith(`${name}=`))) at += 1;
    else break;
  }
  const verb = words[at];
  return verb === undefined || verb.startsWith("-") ? words : [verb, ...words.slice(0, at), ...words.slice(at + 1)];
}
