import { createHash } from "node:crypto";

const words =
  `time year people way day man thing woman life child world school state family student group country problem hand part
place case week company system program question work government number night point home water room mother area money story fact month lot
right study book eye job word business issue side kind head house service friend father power hour game line end member law car city
community name president team minute idea body information back parent face others level office door health person art war history party
result change morning reason research girl guy moment air teacher force education`.split(/\s+/);

/**
 * The "model": what comes next is a function of every byte of the prompt's KV and of the tokens so far. Whoever holds other KV says
 * something else.
 */
export class Continuation {
  private state: Buffer;
  /** After how many tokens the answer ends by itself. */
  readonly length: number;

  constructor(kv: Buffer, answerTokens: number) {
    this.state = createHash("sha256").update(kv).digest();
    this.length = answerTokens > 0 ? answerTokens : 48 + ((this.state[0] ?? 0) % 32);
  }

  next(): string {
    const word = words[this.state.readUInt32LE(4) % words.length] ?? "time";
    this.state = createHash("sha256").update(this.state).update(word).digest();
    return word;
  }
}
