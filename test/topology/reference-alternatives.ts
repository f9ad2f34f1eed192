/** A block of a reference file behind "# or:", which can stand in the place of the block above it. */
interface Alternative {
  readonly kind: string | undefined;
  readonly first: number;
  readonly last: number;
  readonly indent: number;
}

/** Alternatives that belong together by their kind, or one that stands alone. */
export interface Enabled {
  readonly name: string;
  readonly blocks: readonly Alternative[];
}

const OR = /^(\s*)# or(?: \((\w+)\))?: (.*)$/;

export function alternatives(text: string): readonly Enabled[] {
  const blocks = findBlocks(text.split("\n"));
  const kinds = [...new Set(blocks.flatMap(({ kind }) => (kind === undefined ? [] : [kind])))];
  return [
    ...kinds.map((kind) => ({ name: kind, blocks: blocks.filter((block) => block.kind === kind) })),
    ...blocks
      .filter(({ kind }) => kind === undefined)
      .map((block) => ({ name: `in line ${block.first + 1}`, blocks: [block] })),
  ];
}

/** The text with the alternatives in the place of what they stand for. */
export function enable(text: string, { blocks }: Enabled): string {
  const lines = text.split("\n");
  return [...blocks]
    .sort((a, b) => b.first - a.first)
    .reduce(replaceAbove, lines)
    .join("\n");
}

function findBlocks(lines: readonly string[]): readonly Alternative[] {
  return lines.flatMap((line, first) => {
    const [, space, kind] = OR.exec(line) ?? [];
    if (space === undefined) return [];
    const next = lines.findIndex((other, i) => i > first && !new RegExp(`^${space}#   `).test(other));
    return [{ kind, first, last: next - 1, indent: space.length }];
  });
}

function replaceAbove(lines: readonly string[], { first, last, indent }: Alternative): string[] {
  const isStart = (line: string) =>
    line.length > indent && line.slice(0, indent).trim() === "" && /[^\s#]/.test(line.charAt(indent));
  const start = lines.findLastIndex((line, i) => i < first && isStart(line));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith(" ".repeat(indent + 1)));
  const written = lines
    .slice(first, last + 1)
    .map((line, i) => " ".repeat(indent) + (i === 0 ? (OR.exec(line)?.[3] ?? "") : line.slice(indent + 4)));
  return [...lines.slice(0, start), ...written, ...lines.slice(Math.min(end, first), first), ...lines.slice(last + 1)];
}
