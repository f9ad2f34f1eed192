import { createHash } from "node:crypto";
import { idOf } from "../engine/vocabulary.ts";

/** One token of an answer or of its prompt, with what has to be known of it. */
export interface Spoken {
  readonly word: string;
  /** Where its text begins. */
  readonly offset: number;
}

/** The stand-in is as sure of a word as the word says: the number follows from it, and means nothing. */
const sureness = (word: string): number => -(createHash("sha256").update(word).digest().readUInt16BE(0) % 4000) / 1000;

/** The word itself and others that it might have been, most likely first. */
const alternatives = (word: string, count: number): readonly (readonly [string, number])[] =>
  Array.from({ length: Math.max(1, count) }, (_, at) => {
    const other = at === 0 ? word : `${word}${at}`;
    return [other, sureness(word) - at] as const;
  });

/** The shape of /v1/completions: four lists. */
export function listedLogprobs(tokens: readonly Spoken[], count: number, first: "unknown" | "known") {
  const unknown = (at: number) => first === "unknown" && at === 0;
  return {
    text_offset: tokens.map(({ offset }) => offset),
    token_logprobs: tokens.map(({ word }, at) => (unknown(at) ? null : sureness(word))),
    tokens: tokens.map(({ word }) => word),
    top_logprobs: tokens.map(({ word }, at) => (unknown(at) ? null : Object.fromEntries(alternatives(word, count)))),
  };
}

/** The shape of chat: an entry for each token. */
export function chatLogprobs(tokens: readonly Spoken[], count: number) {
  const entry = (token: string, logprob: number) => ({ token, logprob, bytes: [...Buffer.from(token)] });
  return {
    content: tokens.map(({ word }) => ({
      ...entry(word, sureness(word)),
      top_logprobs: count === 0 ? [] : alternatives(word, count).map(([token, logprob]) => entry(token, logprob)),
    })),
  };
}

/** What the prompt's own tokens were worth; nothing comes before the first. */
export const promptLogprobs = (prompt: readonly string[], vocabulary: number) =>
  prompt.map((word, at) =>
    at === 0 ? null : { [String(idOf(word, vocabulary))]: { logprob: sureness(word), rank: 1, decoded_token: word } },
  );
