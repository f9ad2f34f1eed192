/**
 * Values that a document leaves to its reader: `<name>` and `{NAME}`. Those that are given are put in, the others stay as `⟨name⟩`,
 * which no shell reads as a sign. `${NAME}` is a variable and stays.
 */
export function fillOpen(text: string, values: Readonly<Record<string, string>>): string {
  const fill = (_: string, name: string) => values[name] ?? `⟨${name}⟩`;
  return text
    .replaceAll(/<([A-Za-z][\w-]*)>/g, fill)
    .replaceAll(/(?<![$\w"'{:])\{([A-Z][A-Z0-9_]*)\}/g, fill)
    .replaceAll(/(?<=:\/\/)\{([A-Z][A-Z0-9_]*)\}/g, fill);
}
