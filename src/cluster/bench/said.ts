/** Lines of the table that ends the benchmark, with both of its rules; none where it did not come so far. */
export function tableIn(lines: readonly string[]): readonly string[] {
  const from = lines.findLastIndex((line) => /^=+ Serving Benchmark Result =+$/.test(line));
  const to = lines.findIndex((line, at) => at > from && /^=+$/.test(line));
  return from < 0 || to < 0 ? [] : lines.slice(from, to + 1);
}

/** `108 of 200 requests`, from the bar that it draws; undefined: the text is something else. */
export function barOf(text: string): string | undefined {
  const [, done, of] = /\| (\d+)\/(\d+) \[/.exec(text) ?? [];
  return done === undefined ? undefined : `${done} of ${of} requests`;
}
