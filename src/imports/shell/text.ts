import type { Spot } from "../remark.ts";

/** Text that knows the line of each of its pieces, through variables and quotes. */
export type Text = readonly Piece[];

export interface Piece {
  readonly text: string;
  readonly at: Spot;
}

export const plain = (text: Text): string => text.map((piece) => piece.text).join("");

/** One word of a command after expansion, at the place where it was written. */
export interface Field {
  readonly text: string;
  readonly at: Spot;
  /** Where each piece of it was written: the lines of a long JSON argument. */
  readonly pieces: Text;
}

export const field = (pieces: Text, at: Spot): Field => ({ text: plain(pieces), at: pieces[0]?.at ?? at, pieces });

/** At blanks, as an unquoted `$NAME` is split: literal quotes in it stay characters. */
export function split(text: Text): readonly Text[] {
  const fields: Piece[][] = [];
  let open: Piece[] | undefined;
  for (const { text: run, at } of text)
    for (const part of run.split(/([ \t\n]+)/)) {
      if (part === "") continue;
      if (/^[ \t\n]/.test(part)) open = undefined;
      else if (open === undefined) {
        open = [{ text: part, at }];
        fields.push(open);
      } else open.push({ text: part, at });
    }
  return fields;
}
