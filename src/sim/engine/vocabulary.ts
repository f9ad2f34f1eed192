import { createHash } from "node:crypto";

/** As many tokens as a usual vocabulary, where the model's own config does not say. */
export const USUAL_SIZE = 151_936;

/** A prompt of token ids is words of this form. */
export const wordOf = (id: number): string => `<${id}>`;

/** Tokens that the words of answers have: in every vocabulary. */
const OWN = 512;

/** The token of a word: the one it was made from, or a number that follows from the word. */
export function idOf(word: string, size: number): number {
  const given = /^<(\d+)>$/.exec(word)?.[1];
  return given === undefined
    ? createHash("sha256").update(word).digest().readUInt32BE(0) % Math.min(size, OWN)
    : Number(given);
}

/** A text as words. There is no tokenizer: one token is one word between blanks. */
export const wordsOf = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== "");
