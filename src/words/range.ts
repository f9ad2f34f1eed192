import { UserError } from "../errors.ts";

const MOST_NAMES = 10_000;

/** What a text with ranges stands for, or what is wrong with it and where (offset and length in the text). */
export type ParsedRange =
  | { readonly names: readonly string[] }
  | { readonly wrong: string; readonly offset: number; readonly length: number };

/**
 * `n[0-5]`, `gpu[001-097,099]`, `r[1-2]n[0-3]`, `a,b[1-2]`: names as clush and pdsh write them. The last bracket runs fastest,
 * padding is kept, `[0-8/2]` takes every second one. Order and repetitions are the writer's.
 */
export function parseRange(text: string): ParsedRange {
  const names: string[] = [];
  for (const { part, offset } of splitOutsideBrackets(text)) {
    const expanded = expandPart(part, offset, MOST_NAMES - names.length);
    if ("wrong" in expanded) return expanded;
    names.push(...expanded.names);
  }
  return names.length > 0 ? { names } : { wrong: "no name", offset: 0, length: Math.max(1, text.length) };
}

/** The names of a range; for texts that must be one, such as a command-line argument. Throws `usage`. */
export function expandRange(text: string): readonly string[] {
  const parsed = parseRange(text);
  if ("names" in parsed) return parsed.names;
  throw new UserError("usage", {
    what: `"${text}" is not a range: ${parsed.wrong}`,
    next: "write a range like n[0-5] or gpu[001-097,099]",
  });
}

function splitOutsideBrackets(text: string): readonly { part: string; offset: number }[] {
  const parts: { part: string; offset: number }[] = [];
  for (const match of text.matchAll(/(?:\[[^\]]*(?:\]|$)|[^\s,[])+/g))
    parts.push({ part: match[0], offset: match.index });
  return parts;
}

function expandPart(part: string, offset: number, most: number): ParsedRange {
  let names: readonly string[] = [""];
  for (const piece of part.matchAll(/\[([^\]]*)(\]?)|[^[]+/g)) {
    const [whole, inside, close] = piece;
    const at = offset + piece.index;
    if (inside === undefined) {
      if (whole.includes("]")) return { wrong: "] without [", offset: at + whole.indexOf("]"), length: 1 };
      names = names.map((name) => name + whole);
      continue;
    }
    if (close !== "]") return { wrong: "[ without ]", offset: at, length: 1 };
    const numbers = expandBracket(inside, at + 1, Math.floor(most / names.length));
    if ("wrong" in numbers) return numbers;
    names = names.flatMap((name) => numbers.names.map((number) => name + number));
  }
  return { names };
}

function expandBracket(inside: string, offset: number, most: number): ParsedRange {
  const names: string[] = [];
  let at = offset;
  for (const piece of inside.split(",")) {
    const place = { offset: at, length: Math.max(1, piece.length) };
    at += piece.length + 1;
    const match = /^\s*(\d{1,15})(?:\s*-\s*(\d{1,15})(?:\/(\d{1,6}))?)?\s*$/.exec(piece);
    if (match === null) return { wrong: `"${piece}" is no number and no span like 0-5`, ...place };
    const [, first = "", last = first, step = "1"] = match;
    const [from, to, by] = [Number(first), Number(last), Number(step)];
    if (to < from) return { wrong: `${first}-${last} runs backwards`, ...place };
    if (by === 0) return { wrong: "a step of 0", ...place };
    if (names.length + (to - from) / by >= most) return { wrong: `more than ${MOST_NAMES} names`, ...place };
    for (let number = from; number <= to; number += by) names.push(padded(number, paddingOf(first)));
  }
  return { names };
}

const paddingOf = (digits: string): number => (digits.length > 1 && digits.startsWith("0") ? digits.length : 0);
const padded = (number: number, width: number): string => String(number).padStart(width, "0");

/** The names as one range, in natural order, each once: what `expandRange` takes back. */
export const foldRange = (names: Iterable<string>): string => foldGroups(names).join(",");

/** As `foldRange`, one text per bracket group: `decode-[0-3]-[0-13]`, `decode-4-[0-10]`. Any text with numbers in it folds. */
export function foldGroups(names: Iterable<string>): readonly string[] {
  const sorted = [...new Set(names)].sort(naturally);
  const widths = paddedWidths(sorted);
  const groups = new Map<string, Block[]>();
  for (const name of sorted) {
    const { words, numbers } = take(name);
    const skeleton = words.join("\0");
    const paddings = numbers.map((digits, i) =>
      widths.has(`${skeleton}\0${i}\0${digits.length}`) ? digits.length : 0,
    );
    const key = JSON.stringify([words, paddings]);
    const blocks = groups.get(key) ?? [];
    blocks.push({ words, paddings, sets: numbers.map((digits) => [Number(digits)]) });
    groups.set(key, blocks);
  }
  return [...groups.values()].flatMap((blocks) => mergeBlocks(blocks).map(blockText));
}

/** `a2-10` comes after `a2-9`; equal but for padding: as text. */
export function naturally(a: string, b: string): number {
  const [left, right] = [a.match(PIECES) ?? [], b.match(PIECES) ?? []];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x = "", y = ""] = [left[i], right[i]];
    const both = /^\d/.test(x) && /^\d/.test(y);
    const order = both ? Number(x) - Number(y) : x < y ? -1 : x > y ? 1 : 0;
    if (order !== 0) return order;
  }
  return left.length - right.length || (a < b ? -1 : a > b ? 1 : 0);
}
const PIECES = /\d+|\D+/g;

/** Words between the numbers of a name, and the numbers; digits too long to count stay part of a word. */
interface Block {
  readonly words: readonly string[];
  readonly paddings: readonly number[];
  readonly sets: readonly (readonly number[])[];
}

function take(name: string): { words: readonly string[]; numbers: readonly string[] } {
  const words = [""];
  const numbers: string[] = [];
  for (const piece of name.match(PIECES) ?? []) {
    if (/^\d{1,15}$/.test(piece)) {
      numbers.push(piece);
      words.push("");
    } else words[words.length - 1] += piece;
  }
  return { words, numbers };
}

/** Where a number is written with leading zeros, its neighbours of the same width count as padded too. */
function paddedWidths(names: readonly string[]): ReadonlySet<string> {
  const widths = new Set<string>();
  for (const name of names) {
    const { words, numbers } = take(name);
    for (const [i, digits] of numbers.entries())
      if (paddingOf(digits) > 0) widths.add(`${words.join("\0")}\0${i}\0${digits.length}`);
  }
  return widths;
}

/** Joins blocks that differ in one number only, the last number first. */
function mergeBlocks(blocks: readonly Block[]): readonly Block[] {
  let merged = blocks;
  for (let dimension = (blocks[0]?.sets.length ?? 0) - 1; dimension >= 0; dimension--) {
    const rows = new Map<string, Block>();
    for (const block of merged) {
      const key = JSON.stringify(block.sets.filter((_, i) => i !== dimension));
      const row = rows.get(key);
      const joined = row?.sets.map((set, i) => (i === dimension ? [...set, ...(block.sets[i] ?? [])] : set));
      rows.set(key, joined === undefined ? block : { ...block, sets: joined });
    }
    merged = [...rows.values()];
  }
  return merged;
}

const blockText = ({ words, paddings, sets }: Block): string =>
  words.reduce((text, word, i) => text + numbersText(sets[i - 1] ?? [], paddings[i - 1] ?? 0) + word);

function numbersText(numbers: readonly number[], padding: number): string {
  const spans: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const span = spans.at(-1);
    if (span !== undefined && span.last + 1 === number) span.last = number;
    else spans.push({ first: number, last: number });
  }
  const texts = spans.map(({ first, last }) =>
    first === last ? padded(first, padding) : `${padded(first, padding)}-${padded(last, padding)}`,
  );
  return numbers.length === 1 ? texts.join("") : `[${texts.join(",")}]`;
}
