import { padEnd, width } from "./width.ts";

/** Lines of equal columns, `gap` spaces between them; the last cell of a row is not padded, and no line ends with a space. `least`: widths that data may not undercut. */
export function table(rows: readonly (readonly string[])[], gap = 2, least: readonly number[] = []): string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(least[column] ?? 0, ...rows.map((row) => (column < row.length - 1 ? width(row[column] ?? "") : 0))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => (column === row.length - 1 ? cell : padEnd(cell, (widths[column] ?? 0) + gap)))
      .join("")
      .trimEnd(),
  );
}

/** `label` in column 3, its text in column 11, further lines under the text. */
export function labelled(label: string, lines: readonly string[]): string[] {
  return lines.map((line, index) => (index === 0 ? `  ${padEnd(label, 8)}${line}` : `          ${line}`));
}
