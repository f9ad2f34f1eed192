import { JsonError, type JsonObject, rawValue, readObject } from "../../body/json.ts";
import { splice } from "../../body/splice.ts";
import { dataIn } from "../frames.ts";
import type { Identity } from "../identity.ts";
import { type Edit, edited, elementsOf, moved, valueEdit } from "../spans.ts";
import { summedUsage, type Used } from "../usage.ts";
import type { Place } from "./whole.ts";

/** What becomes of a frame of one part: it goes on, is kept for the end, or is the last that the client gets. */
export type Fate = { readonly frame: Buffer } | "kept" | "error";

/**
 * The streams of all parts as the one that an engine would have sent: events as they come, under their choice's number; one usage event, one
 * [DONE], when all have ended. Source: vLLM 0.32, completion_stream_generator.
 */
export class MergedEvents {
  readonly #places: readonly Place[];
  readonly #identity: Identity;
  readonly #used: (Used & { readonly frame: Buffer })[] = [];
  readonly #done: Buffer[] = [];

  constructor(places: readonly Place[], identity: Identity) {
    this.#places = places;
    this.#identity = identity;
  }

  /** @param part which one the frame came from */
  take(part: number, frame: Buffer): Fate {
    const span = dataIn(frame);
    const data = span && frame.subarray(span.start, span.end);
    if (!span || !data) return { frame }; // a heartbeat
    if (data.equals(DONE)) {
      this.#done.push(frame);
      return "kept";
    }
    const event = objectIn(data);
    if (!event) return { frame };
    if (rawValue(event, "error") !== undefined && rawValue(event, "choices") === undefined) return "error";
    const usage = rawValue(event, "usage");
    const whole = edited(frame, this.#asOne(part, event, span.start));
    if (elementsOf(event, "choices").length > 0 || usage?.[0] !== 0x7b) return { frame: whole };
    this.#used.push({ frame: whole, usage, countsPrompt: this.#places[part]?.sample === 0 });
    return "kept";
  }

  /** What ends the whole: the usage of all, where the client asked for it, and one [DONE]. */
  end(): Buffer {
    const [last] = this.#done.length === this.#places.length ? this.#done : [];
    return Buffer.concat([this.#usageEvent(), ...(last ? [last] : [])]);
  }

  #usageEvent(): Buffer {
    const [first] = this.#used;
    const span = first && dataIn(first.frame);
    if (!first || !span) return Buffer.alloc(0);
    const alone = readObject(first.frame.subarray(span.start, span.end));
    const event = readObject(splice(alone, { drop: METRICS })); // of one sequence; an engine gives none for several
    const text = edited(event.bytes, valueEdit(event, 0, "usage", summedUsage(this.#used)));
    return edited(first.frame, [{ ...span, text }]);
  }

  /** @param at where the event stands in its frame */
  #asOne(part: number, event: JsonObject, at: number): readonly Edit[] {
    const index = String(this.#places[part]?.index ?? 0);
    const numbers = elementsOf(event, "choices").flatMap(({ start, end }) =>
      valueEdit(readObject(event.bytes.subarray(start, end)), start, "index", index),
    );
    return moved([...this.#identity.edits(event, part), ...numbers], at);
  }
}

const DONE = Buffer.from("[DONE]");

function objectIn(data: Buffer): JsonObject | undefined {
  try {
    return readObject(data);
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

const METRICS: ReadonlySet<string> = new Set(["metrics"]);
