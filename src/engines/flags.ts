import table from "./flags.json" with { type: "json" };

/**
 * How a flag is written. `switch`: alone; `negatable`: alone, or its negative; `value`: one word; `list`: several words after one
 * flag; `json`: one JSON word; `commas`: one word with commas; `repeat`: the flag again for each word.
 */
export type FlagKind = "switch" | "negatable" | "value" | "list" | "json" | "commas" | "repeat";

export interface Flag {
  readonly kind: FlagKind;
  /** As on the command line, with dashes. */
  readonly aliases?: readonly string[];
  /** Names, without dashes, that mean its opposite in some version. */
  readonly negatives?: readonly string[];
  readonly choices?: readonly string[];
  /** First and last version of the table that lists it, where not all do. */
  readonly since?: string;
  readonly until?: string;
}

/** Flags of `vllm serve` by their name without dashes. Source: the help texts of the versions named in flags.json. */
export const flags: ReadonlyMap<string, Flag> = new Map(Object.entries(table.flags as Readonly<Record<string, Flag>>));

const canonical: ReadonlyMap<string, string> = new Map(
  [...flags].flatMap(([name, { aliases = [], negatives = [] }]) =>
    [name, `no-${name}`, ...negatives, ...aliases.map((alias) => alias.replace(/^--?/, ""))].map((other) => [
      other,
      name,
    ]),
  ),
);

/** `--tensor_parallel_size`, `-tp`, `no-enable-prefix-caching` → the flag's own name without dashes; undefined when unknown. */
export function flagName(written: string): string | undefined {
  return canonical.get(written.replace(/^--?/, "").replaceAll("_", "-"));
}
