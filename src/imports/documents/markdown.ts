/** A fenced block of a document, and what stands around it. */
export interface Block {
  /** Word behind the fence: sh, yaml, json; empty: none. */
  readonly language: string;
  readonly text: string;
  /** Line of its first line of text. */
  readonly line: number;
  /** Headings that it stands under, nearest first. */
  readonly headings: readonly string[];
  /** Prose since the last block or heading, nearest line first. */
  readonly lead: readonly string[];
}

export const isMarkdown = (text: string): boolean => /^ {0,3}```/m.test(text);

/** The fenced blocks of a document, or only those under one of its headings. */
export function blocksOf(text: string, section?: string): readonly Block[] {
  const found: Block[] = [];
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  let headings: { level: number; title: string }[] = [];
  let lead: string[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] ?? "";
    const heading = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    const fence = /^(\s*)(`{3,}|~{3,})\s*([\w+-]*)/.exec(line);
    if (heading !== null) {
      const level = heading[1]?.length ?? 1;
      headings = [{ level, title: heading[2] ?? "" }, ...headings.filter((each) => each.level < level)];
      lead = [];
    } else if (fence !== null) {
      const [, indent = "", mark = "```", language = ""] = fence;
      const body: string[] = [];
      const start = i + 2;
      for (i += 1; i < lines.length && !(lines[i] ?? "").trimStart().startsWith(mark); i += 1)
        body.push((lines[i] ?? "").startsWith(indent) ? (lines[i] ?? "").slice(indent.length) : (lines[i] ?? ""));
      const titles = headings.map(({ title }) => title);
      if (section === undefined || titles.some((title) => same(title, section)))
        found.push({ language, text: `${body.join("\n")}\n`, line: start, headings: titles, lead });
      lead = [];
    } else if (line.trim() !== "") lead = [line, ...lead];
  }
  return found;
}

/** Headings that hold an own set-up: what `--section` may name. */
export const same = (title: string, section: string): boolean =>
  title.trim().toLowerCase() === section.trim().toLowerCase();

const SHELL = /^(|sh|bash|shell|console|zsh)$/i;
export const isShell = ({ language }: Block): boolean => SHELL.test(language);
