import { rawValue, readObject } from "../../body/json.ts";
import type { Identity } from "../identity.ts";
import { edited, valueEdit } from "../spans.ts";
import { completionTokens, summedUsage, type Used } from "../usage.ts";
import { says } from "./edits.ts";
import type { SoFar } from "./resume-body.ts";
import { saidIn } from "./said.ts";

/** One answer, not a stream, out of those of several decodes, each of which but the last gave the request back. */
export class ResumedAnswer {
  readonly #identity: Identity;
  #text = "";
  #used: Used[] = [];
  #leg = 0;
  #isMore = false;

  constructor(identity: Identity) {
    this.#identity = identity;
  }

  get soFar(): SoFar {
    return { text: this.#text, tokens: this.#used.reduce((sum, { usage }) => sum + completionTokens(usage), 0) };
  }

  /** Something was said that no prompt can be continued from. */
  get isMore(): boolean {
    return this.#isMore;
  }

  /** What was said is thrown away: the client has not read it, and nothing can go on from it. */
  forget(): void {
    this.#text = "";
    this.#used = [];
    this.#isMore = false;
  }

  /** @returns the answer for the client; undefined when decode gave the request back @throws JsonError */
  take(body: Buffer): Buffer | undefined {
    const said = saidIn(body);
    if (!said || (this.#leg === 0 && !said.isGivenBack)) return body;
    const answer = readObject(body);
    const identity = this.#identity.edits(answer, this.#leg);
    const usage = rawValue(answer, "usage");
    if (usage?.[0] === 0x7b) this.#used.push({ usage, countsPrompt: this.#used.length === 0 });
    this.#text += said.text;
    this.#isMore ||= said.isMore;
    this.#leg++;
    if (said.isGivenBack) return undefined;
    return edited(body, [
      ...identity,
      ...says(answer, this.#text),
      ...valueEdit(answer, 0, "usage", summedUsage(this.#used)),
    ]);
  }
}
