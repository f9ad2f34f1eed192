import { rawValue, readObject } from "../../body/json.ts";
import type { Identity } from "../identity.ts";
import { edited, valueEdit } from "../spans.ts";
import { summedUsage, type Used } from "../usage.ts";
import type { SoFar } from "./resume-body.ts";
import { saidIn, says } from "./said.ts";
import { TextSoFar } from "./text-so-far.ts";

/** One answer, not a stream, out of those of several decodes, each of which but the last gave the request back. */
export class ResumedAnswer {
  readonly #identity: Identity;
  #text = new TextSoFar();
  #used: Used[] = [];
  #leg = 0;
  #isMore = false;

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  get soFar(): SoFar {
    const told = this.#used.map(({ usage }) => Number(rawValue(readObject(usage), "completion_tokens") ?? 0));
    return { text: this.#text.toBuffer(), tokens: told.reduce((sum, tokens) => sum + tokens, 0) };
  }

  /** Something was said that no prompt can be continued from. */
  get isMore(): boolean {
    return this.#isMore;
  }

  /** What was said is thrown away: the client has not read it, and nothing can go on from it. */
  forget(): void {
    this.#text = new TextSoFar();
    this.#used = [];
    this.#isMore = false;
  }

  /** @returns the answer for the client; undefined when decode gave the request back @throws JsonError */
  take(body: Buffer): Buffer | undefined {
    const answer = readObject(body);
    const said = saidIn(answer);
    const identity = this.#identity.edits(answer, this.#leg);
    const usage = rawValue(answer, "usage");
    if (usage?.[0] === 0x7b) this.#used.push({ usage, countsPrompt: this.#used.length === 0 });
    if (!said.isGivenBack && this.#leg === 0) return body;
    this.#text.add(said.text);
    this.#isMore ||= said.isMore;
    this.#leg++;
    if (said.isGivenBack) return undefined;
    return edited(body, [
      ...identity,
      ...says(answer, this.#text.toBuffer()),
      ...valueEdit(answer, 0, "usage", summedUsage(this.#used)),
    ]);
  }
}
