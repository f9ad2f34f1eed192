import { setTimeout as sleep } from "node:timers/promises";
import type { Faults } from "../faults.ts";
import type { Ask, End, Token } from "./ask.ts";
import { Continuation } from "./text.ts";
import { idOf } from "./vocabulary.ts";

export interface Told {
  readonly reason: "length" | "stop";
  readonly stopReason: End["stopReason"];
  readonly generated: number;
}

interface Speaker {
  readonly faults: Faults;
  readonly vocabulary: number;
}

/** The words behind a prompt's KV, one at a time, until the text ends, something stops it or there is no room. */
export async function* answering(
  ask: Ask,
  kv: Buffer,
  { faults, vocabulary }: Speaker,
  signal: AbortSignal,
): AsyncGenerator<Token, Told> {
  const next = new Continuation(kv, faults.answerTokens);
  const held = ask.keepStop ? 0 : Math.max(0, ...ask.stop.map((stop) => stop.length - 1));
  let [text, shown] = ["", 0];
  const piece = (to: number) => {
    const grown = text.slice(shown, Math.max(shown, to));
    shown = Math.max(shown, to);
    return grown;
  };
  for (let generated = 1; ; generated++) {
    if (faults.msPerToken > 0) await sleep(faults.msPerToken, undefined, { signal });
    signal.throwIfAborted();
    const mayStop = generated > ask.minTokens;
    const ends = generated > next.length || (faults.firstTokenEos && generated === 1);
    if (ends && mayStop && !ask.ignoreEos) {
      yield { kind: "token", word: "", text: piece(text.length), last: true };
      return { reason: "stop", stopReason: null, generated };
    }
    const word = next.next();
    const id = idOf(word, vocabulary);
    if (mayStop && ask.stopTokens.includes(id)) {
      yield { kind: "token", word, text: piece(text.length), last: true };
      return { reason: "stop", stopReason: id, generated };
    }
    text += ` ${word}`;
    const stop = mayStop ? ask.stop.find((one) => text.includes(one)) : undefined;
    if (stop !== undefined) {
      text = text.slice(0, text.indexOf(stop) + (ask.keepStop ? stop.length : 0));
      yield { kind: "token", word, text: piece(text.length), last: true };
      return { reason: "stop", stopReason: stop, generated };
    }
    const last = generated >= ask.maxTokens;
    yield { kind: "token", word, text: piece(last ? text.length : text.length - held), last };
    if (last) return { reason: "length", stopReason: null, generated };
  }
}
