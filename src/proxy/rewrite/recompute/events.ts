import { rawValue, readObject } from "../../body/json.ts";
import { dataIn } from "../frames.ts";
import type { Identity } from "../identity.ts";
import { edited, moved, type Span, valueEdit } from "../spans.ts";
import { completionTokens, summedUsage, type Used } from "../usage.ts";
import { goesOn } from "./edits.ts";
import type { SoFar } from "./resume-body.ts";
import { type Said, saidIn } from "./said.ts";

const DONE = Buffer.from("[DONE]");

/**
 * One stream for the client out of those of several decodes, each of which but the last gave the request back: the events as they come, without the
 * one that gives it back, under the first one's id, with one opening, one usage, one [DONE].
 */
export class ResumedEvents {
  readonly #identity: Identity;
  readonly #tellsUsage: boolean;
  readonly #used: Used[] = [];
  #text = "";
  #leg = 0;
  #isKnown = false; // the first leg's id
  #givenBack = false;
  #isMore = false;
  #spoke = 0; // events of this leg that said something

  /** @param tellsUsage the client asked for it */
  constructor(identity: Identity, tellsUsage: boolean) {
    this.#identity = identity;
    this.#tellsUsage = tellsUsage;
  }

  /** Decode has given the request back, and its stream may end. */
  get givenBack(): boolean {
    return this.#givenBack;
  }

  /** The client has read something that no prompt can be continued from. */
  get isMore(): boolean {
    return this.#isMore;
  }

  /** Of all legs. */
  get soFar(): SoFar {
    const told = this.#used.reduce((sum, { usage }) => sum + completionTokens(usage), 0);
    return { text: this.#text, tokens: this.#used.length > this.#leg ? told : told + this.#spoke };
  }

  nextLeg(): void {
    this.#leg++;
    this.#givenBack = false;
    this.#spoke = 0;
  }

  /** @returns what goes on to the client in the frame's place */
  take(frame: Buffer): Buffer | undefined {
    const span = dataIn(frame);
    const data = span && frame.subarray(span.start, span.end);
    if (!span || !data) return frame;
    if (data.equals(DONE)) return this.#givenBack ? undefined : frame;
    const said = saidIn(data);
    if (!said) return frame;
    return said.isUsage ? this.#usage(frame, span) : this.#words(frame, span, said);
  }

  #words(frame: Buffer, span: Span, said: Said): Buffer | undefined {
    const { text, isGivenBack } = said;
    this.#text += text;
    this.#isMore ||= said.isMore;
    if (text !== "") this.#spoke++;
    if (isGivenBack) {
      this.#givenBack = true;
      return text === "" ? undefined : this.#asFirst(frame, span, true);
    }
    if (this.#leg === 0 && this.#isKnown) return frame;
    return said.isOpening && this.#leg > 0 ? undefined : this.#asFirst(frame, span, false);
  }

  #usage(frame: Buffer, span: Span): Buffer | undefined {
    const event = readObject(frame.subarray(span.start, span.end));
    const usage = rawValue(event, "usage");
    if (usage) this.#used.push({ usage: Buffer.from(usage), countsPrompt: this.#used.length === 0 });
    if (this.#givenBack || !this.#tellsUsage) return undefined;
    if (this.#leg === 0) return frame;
    const sum = valueEdit(event, span.start, "usage", summedUsage(this.#used));
    return edited(frame, [...moved(this.#identity.edits(event, this.#leg), span.start), ...sum]);
  }

  /** The first leg's events stay as they are, and the first of them is looked at for its id. */
  #asFirst(frame: Buffer, span: Span, wasLast: boolean): Buffer {
    const event = readObject(frame.subarray(span.start, span.end));
    const identity = this.#identity.edits(event, this.#leg);
    this.#isKnown = true;
    const edits = [...(this.#leg === 0 ? [] : identity), ...(wasLast ? goesOn(event) : [])];
    return edits.length === 0 ? frame : edited(frame, moved(edits, span.start));
  }
}
