import table from "../../engines/flags.json" with { type: "json" };

/** A flag of the release that is played. Its kinds are those of the parser: see the comment of the table. */
export interface Flag {
  /** Long name without dashes. */
  readonly name: string;
  /** Every spelling, its own first. */
  readonly names: readonly string[];
  readonly negatives: readonly string[];
  readonly kind: string;
  readonly choices?: readonly string[];
  readonly folded?: boolean;
  readonly optional?: boolean;
  readonly words?: string;
  readonly repeats?: boolean;
}

interface Row extends Omit<Flag, "name" | "names" | "negatives"> {
  readonly since?: string;
  readonly until?: string;
  readonly aliases?: readonly string[];
  readonly negatives?: readonly string[];
}

/** The release whose words, ports and answers the stand-in was measured against. */
export const MEASURED = "0.32.0";

const rows: Readonly<Record<string, readonly Row[]>> = table.flags;

/** Releases that were asked for: the table does not change. */
const read = new Map<number, ReadonlyMap<string, Flag>>();

/** The flags of a release by every spelling; a version that the table does not have is played with the newest release before it. */
export function flagsOf(version: string): ReadonlyMap<string, Flag> {
  const at = Math.max(
    0,
    table.versions.findLastIndex((release) => order(release, version) <= 0),
  );
  const flags = read.get(at) ?? flagsAt(at);
  read.set(at, flags);
  return flags;
}

function flagsAt(at: number): ReadonlyMap<string, Flag> {
  const flags = Object.entries(rows).flatMap(([name, forms]) =>
    forms
      .filter(({ since, until }) => place(since, 0) <= at && at <= place(until, table.versions.length))
      .map((form): Flag => {
        const negatives = form.negatives ?? [];
        return { ...form, name, names: [`--${name}`, ...(form.aliases ?? []), ...negatives], negatives };
      }),
  );
  return new Map(flags.flatMap((flag) => flag.names.map((spelling) => [spelling, flag] as const)));
}

const place = (release: string | undefined, end: number): number =>
  release === undefined ? end : table.versions.indexOf(release);

const order = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });
