/** One flag as it stands on the command line, with the words that follow it. */
export interface Said {
  /** Without dashes. */
  readonly name: string;
  readonly values: readonly string[];
}

/** @returns the flags in their order, and the words that belong to none */
export function splitWords(words: readonly string[]): {
  readonly said: readonly Said[];
  readonly stray: readonly string[];
} {
  const said: { name: string; values: string[] }[] = [];
  const stray: string[] = [];
  for (const word of words) {
    const [, name, value] = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name !== undefined) said.push({ name: name.replaceAll("_", "-"), values: value === undefined ? [] : [value] });
    else (said.at(-1)?.values ?? stray).push(word);
  }
  return { said, stray };
}
