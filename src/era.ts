/**
 * What changed in a package that pdctl starts or writes for. `until`: the last release that surely has the old way, `since`: the first
 * that surely has the new; a version between them, or none at all, is "unknown", and gets what is right on both sides.
 */
export interface Drift {
  readonly package: string;
  readonly what: string;
  readonly old: string;
  readonly now: string;
  readonly until?: string;
  readonly since: string;
  /** What to write from then on; unset: nothing is needed any more. */
  readonly replace?: string;
}

/** On which side of a change a version lies. */
export function era(version: string | undefined, { until, since }: Pick<Drift, "until" | "since">) {
  const at = numbers(version);
  if (at === undefined) return "unknown";
  if (compare(at, numbers(since) ?? []) >= 0) return "new";
  return until !== undefined && compare(at, numbers(until) ?? []) <= 0 ? "old" : "unknown";
}

function numbers(version: string | undefined): readonly number[] | undefined {
  const match = /^v?(\d+(?:\.\d+)*)/.exec(version ?? "");
  return match?.[1]?.split(".").map(Number);
}

function compare(a: readonly number[], b: readonly number[]): number {
  const length = Math.max(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return (a[i] ?? 0) - (b[i] ?? 0);
  return 0;
}
