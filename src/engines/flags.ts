import table from "./flags.json" with { type: "json" };

/**
 * How a value is read. `switch`: there is none; `negatable`: none, and another spelling says the opposite; `size`: an integer, also
 * 1k and 1K; `size-or-auto`: that, -1 or auto; `json`: any JSON; `object`: a JSON object with fields that vLLM checks;
 * `text-or-object`: in braces JSON, else text; `commas`: several in one word.
 */
export type FlagKind =
  | "help"
  | "switch"
  | "negatable"
  | "text"
  | "int"
  | "float"
  | "size"
  | "size-or-auto"
  | "json"
  | "object"
  | "text-or-object"
  | "commas";

/** One flag as the releases from `since` to `until` have it; an end that is not written is that of the table. */
export interface Flag {
  readonly kind: FlagKind;
  readonly since?: string;
  readonly until?: string;
  /** As on the command line, with dashes. */
  readonly aliases?: readonly string[];
  /** Spellings, with dashes, that mean its opposite. */
  readonly negatives?: readonly string[];
  readonly choices?: readonly string[];
  /** Case does not matter in a choice, nor does dash or underscore. */
  readonly folded?: boolean;
  /** "None" and the empty text mean unset. */
  readonly optional?: boolean;
  /** Several words after one flag. */
  readonly words?: "+" | "*" | "?";
  /** Given once for each value. */
  readonly repeats?: boolean;
  readonly deprecated?: boolean;
  readonly default?: string | number | boolean;
}

/** Releases of vLLM whose parser was read, oldest first. Source: flags.json, which names the command that makes it. */
export const releases: readonly string[] = table.versions;

/** All forms that a flag had, oldest first, by its name without dashes. */
export const history: ReadonlyMap<string, readonly Flag[]> = new Map(
  Object.entries(table.flags as Readonly<Record<string, readonly Flag[]>>),
);

/** Flags of `vllm serve` by their name without dashes, each as the newest release that has it reads it. */
export const flags: ReadonlyMap<string, Flag> = new Map(
  [...history].flatMap(([name, forms]) => {
    const newest = forms.at(-1);
    return newest === undefined ? [] : [[name, newest] as const];
  }),
);

const bare = (spelling: string): string => spelling.replace(/^--?/, "");

/** Every spelling without dashes that a flag had in some release. */
export const spellingsOf = (name: string): readonly string[] => [
  ...new Set([
    name,
    ...(history.get(name) ?? []).flatMap(({ aliases = [], negatives = [] }) => [...aliases, ...negatives]).map(bare),
  ]),
];

/** Flags by every spelling without dashes: one that was a flag of its own may since be the opposite of another. */
const spelt: ReadonlyMap<string, readonly string[]> = [...history.keys()].reduce((found, name) => {
  for (const spelling of spellingsOf(name)) found.set(spelling, [...(found.get(spelling) ?? []), name]);
  return found;
}, new Map<string, readonly string[]>());

/** `--tensor_parallel_size`, `-tp`, `no-enable-prefix-caching` → the flag's own name without dashes; undefined when no release has it. */
export const flagName = (written: string): string | undefined => flagNames(written)[0];

/** All flags that have this spelling in some release; the one that is called so first. */
export function flagNames(written: string): readonly string[] {
  const key = bare(written).replaceAll("_", "-");
  return (spelt.get(key) ?? []).toSorted((a, b) => Number(b === key) - Number(a === key));
}

/** The release in the table that stands for a version: the same minor, its nearest patch that is not later. Undefined: none does. */
export function releaseOf(version: string | undefined): string | undefined {
  const [major, minor, patch = 0] = numbers(version);
  if (major === undefined || minor === undefined) return undefined;
  const same = releases.filter((release) => release.startsWith(`${major}.${minor}.`));
  return same.findLast((release) => (numbers(release)[2] ?? 0) <= patch) ?? same[0];
}

const numbers = (version = ""): readonly number[] =>
  /^v?(\d+)\.(\d+)(?:\.(\d+))?/
    .exec(version)
    ?.slice(1, 4)
    .map((each) => Number(each ?? 0)) ?? [];

/** The forms that a flag may have in a version: one or none where the version is in the table, else all that it ever had. */
export function formsOf(name: string, version: string | undefined): readonly Flag[] {
  const forms = history.get(name) ?? [];
  const release = releaseOf(version);
  if (release === undefined) return forms;
  const at = releases.indexOf(release);
  return forms.filter(
    ({ since, until }) =>
      (since === undefined || releases.indexOf(since) <= at) && (until === undefined || at <= releases.indexOf(until)),
  );
}
