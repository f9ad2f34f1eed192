/** The known word that was probably meant: at most a third of it wrong, swapped neighbours counting once. */
export function near(word: string, known: Iterable<string>): string | undefined {
  if (word.length > 64) return undefined;
  let best: { candidate: string; away: number } | undefined;
  for (const candidate of known) {
    if (withoutDigits(candidate) === withoutDigits(word) && candidate !== word) continue; // n9 is not a misspelled n0
    const away = distance(word.toLowerCase(), candidate.toLowerCase());
    if (away <= Math.max(1, Math.floor(candidate.length / 3)) && away < (best?.away ?? Infinity))
      best = { candidate, away };
  }
  return best?.candidate;
}

const withoutDigits = (word: string): string => word.replaceAll(/\d/g, "");

function distance(a: string, b: string): number {
  let [before, row] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? Infinity) + 1 : Infinity;
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, replaced, swapped));
    }
    [before, row] = [row, next];
  }
  return row.at(-1) ?? 0;
}
