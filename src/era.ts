/** On which side of a change a version lies. Between the last release that surely had the old way and the first that surely has the new: unknown. */
export function era(version: string | undefined, change: { readonly lastOld?: string; readonly firstNew: string }) {
  const at = numbers(version);
  if (at === undefined) return "unknown";
  if (compare(at, numbers(change.firstNew) ?? []) >= 0) return "new";
  return compare(at.slice(0, 2), numbers(change.lastOld) ?? []) <= 0 ? "old" : "unknown";
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
