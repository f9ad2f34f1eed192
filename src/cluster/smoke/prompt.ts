import { randomInt } from "node:crypto";

const SYLLABLES = ["ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "zu", "ka"];

/**
 * Short words, each one different, in an order that was never there before: no prefix of it is in any cache, and every
 * block of it is unlike every other. At least as many tokens as words, whatever the tokenizer.
 */
export function uniquePrompt(words: number): string {
  const seen = new Set<string>();
  while (seen.size < words) seen.add(word());
  return [...seen].join(" ");
}

const word = () => Array.from({ length: 3 }, () => SYLLABLES[randomInt(SYLLABLES.length)]).join("");
