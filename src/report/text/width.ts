/** Columns that a text takes on a terminal: two for wide characters, none for marks that combine with the one before. */
export function width(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOf(character.codePointAt(0) ?? 0);
  return columns;
}

/** The text in at most `columns` columns; what is cut ends in `…`. */
export function cut(text: string, columns: number): string {
  if (text.length <= columns && isAscii(text)) return text;
  if (width(text) <= columns) return text;
  let [kept, room] = ["", columns - 1];
  for (const character of text) {
    room -= columnsOf(character.codePointAt(0) ?? 0);
    if (room < 0) break;
    kept += character;
  }
  return columns > 0 ? `${kept}…` : "";
}

const AT_THE_END = /^(.*\S)( {2,})(\d\S*[smhd](?: \d\d[smhd])?(?: \/ \S+)?|\[[\w.-]+\])$/;

/** Where a line is too long, a duration or a code at its end moves in; only then its text is cut. */
export function fitted(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  const [, left, , right] = AT_THE_END.exec(text) ?? [];
  if (left === undefined || right === undefined || width(right) + 12 > columns) return cut(text, columns);
  return justify(cut(left, columns - width(right) - 2), right, columns);
}

export function padEnd(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - width(text)));
}

/** Left text, right text ending at `columns`; at least `gap` spaces between them, so a long left one pushes the right one out. */
export function justify(left: string, right: string, columns: number, gap = 2): string {
  return left + " ".repeat(Math.max(gap, columns - width(left) - width(right))) + right;
}

/** Words in lines of at most `columns`; one that is longer alone stays whole. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const open = lines.at(-1);
    if (open !== undefined && width(open) + 1 + width(word) <= columns) lines[lines.length - 1] = `${open} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const isAscii = (text: string) => /^[\x20-\x7e]*$/.test(text);

// East Asian wide and emoji blocks, as terminals draw them; pdctl's own signs are one column each
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

function columnsOf(point: number): number {
  if (point < 0x300) return 1;
  if (
    point <= 0x36f ||
    point === 0x200d ||
    (point >= 0x200b && point <= 0x200f) ||
    (point >= 0xfe00 && point <= 0xfe0f)
  )
    return 0;
  return WIDE.some(([first, last]) => point >= first && point <= last) ? 2 : 1;
}
