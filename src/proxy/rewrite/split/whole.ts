import { readObject } from "../../body/json.ts";
import type { Identity } from "../identity.ts";
import { edited, elementsOf, spanOf, valueEdit } from "../spans.ts";
import { summedUsage } from "../usage.ts";
import type { Part } from "./parts.ts";

export type Place = Pick<Part, "index" | "sample">;

/**
 * The answers to the parts as the one that an engine would have given to the whole: the first one's text, with the choices of all under their own
 * numbers and the usage of all. @throws JsonError
 */
export function mergedAnswer(answers: readonly Buffer[], places: readonly Place[], identity: Identity): Buffer {
  const objects = answers.map((answer) => readObject(answer));
  const choices = objects.flatMap((object, at) =>
    elementsOf(object, "choices").map(({ start, end }) =>
      numbered(object.bytes.subarray(start, end), places[at]?.index ?? 0),
    ),
  );
  const used = objects.flatMap((object, at) => {
    const span = spanOf(object, "usage");
    return span ? [{ usage: object.bytes.subarray(span.start, span.end), countsPrompt: places[at]?.sample === 0 }] : [];
  });
  const [first] = objects;
  if (!first) return Buffer.alloc(0);
  return edited(first.bytes, [
    ...identity.edits(first, 0),
    ...valueEdit(first, 0, "metrics", "null"), // of one sequence; an engine gives none for several
    ...valueEdit(first, 0, "choices", Buffer.concat([OPEN, ...joined(choices), CLOSE])),
    ...valueEdit(first, 0, "usage", summedUsage(used)),
  ]);
}

/** A choice under its number in the whole. */
function numbered(choice: Buffer, index: number): Buffer {
  return edited(choice, valueEdit(readObject(choice), 0, "index", String(index)));
}

const [OPEN, CLOSE, COMMA] = [Buffer.from("["), Buffer.from("]"), Buffer.from(",")];
const joined = (choices: readonly Buffer[]) =>
  choices.flatMap((choice, index) => (index === 0 ? [choice] : [COMMA, choice]));
