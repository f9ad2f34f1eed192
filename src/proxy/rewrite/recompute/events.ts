import { JsonError, type JsonObject, rawValue, readObject } from "../../body/json.ts";
import { dataIn } from "../frames.ts";
import type { Identity } from "../identity.ts";
import { type Edit, edited, elementsOf, valueEdit } from "../spans.ts";
import { summedUsage, type Used } from "../usage.ts";
import type { SoFar } from "./resume-body.ts";
import { goesOn, saidIn } from "./said.ts";
import { TextSoFar } from "./text-so-far.ts";

const DONE = Buffer.from("[DONE]");

/**
 * One stream for the client out of those of several decodes, each of which but the last gave the request back: the events as they come, without the
 * one that gives it back, under the first one's id, with one opening, one usage, one [DONE].
 */
export class ResumedEvents {
  readonly #identity: Identity;
  readonly #tellsUsage: boolean;
  readonly #text = new TextSoFar();
  readonly #used: Used[] = [];
  #leg = 0;
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
    const told = this.#used.reduce((sum, { usage }) => sum + completionIn(usage), 0);
    return { text: this.#text.toBuffer(), tokens: this.#used.length > this.#leg ? told : told + this.#spoke };
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
    const event = objectIn(data);
    if (!event) return frame;
    const edits = this.#editsFor(event);
    return edits && (edits.length === 0 ? frame : edited(frame, shifted(edits, span.start)));
  }

  /** @returns undefined: the event does not go on */
  #editsFor(event: JsonObject): readonly Edit[] | undefined {
    const usage = rawValue(event, "usage");
    if (usage?.[0] === 0x7b && elementsOf(event, "choices").length === 0) return this.#usageEdits(event, usage);
    const said = saidIn(event);
    this.#isMore ||= said.isMore;
    if (said.text.length > 0) {
      this.#text.add(said.text);
      this.#spoke++;
    }
    if (said.isGivenBack) {
      this.#givenBack = true;
      return said.text.length > 0 ? [...this.#asFirst(event), ...goesOn(event)] : undefined;
    }
    return said.isOpening && this.#leg > 0 ? undefined : this.#asFirst(event);
  }

  #usageEdits(event: JsonObject, usage: Buffer): readonly Edit[] | undefined {
    this.#used.push({ usage: Buffer.from(usage), countsPrompt: this.#used.length === 0 });
    if (this.#givenBack || !this.#tellsUsage) return undefined;
    if (this.#leg === 0) return [];
    return [...this.#asFirst(event), ...valueEdit(event, 0, "usage", summedUsage(this.#used))];
  }

  /** The first leg's events stay as they are, and are looked at for their id. */
  #asFirst(event: JsonObject): readonly Edit[] {
    const edits = this.#identity.edits(event, this.#leg);
    return this.#leg === 0 ? [] : edits;
  }
}

const shifted = (edits: readonly Edit[], by: number) =>
  edits.map(({ start, end, text }) => ({ start: start + by, end: end + by, text }));

function completionIn(usage: Buffer): number {
  const tokens = Number(rawValue(readObject(usage), "completion_tokens"));
  return Number.isSafeInteger(tokens) ? tokens : 0;
}

function objectIn(data: Buffer): JsonObject | undefined {
  try {
    return readObject(data);
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}
