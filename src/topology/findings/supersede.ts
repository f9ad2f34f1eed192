import type { Diagnostic } from "../rule.ts";

/** What was said before and after more was known: an error takes the place of the warning that its own rule gave at the same place. */
export function supersede(before: readonly Diagnostic[], after: readonly Diagnostic[]): readonly Diagnostic[] {
  const errors = new Set(after.filter(({ level }) => level === "error").map(placeOf));
  return [...before.filter((one) => one.level === "error" || !errors.has(placeOf(one))), ...after];
}

const placeOf = ({ code, file, line, column }: Diagnostic): string => JSON.stringify([code, file, line, column]);
