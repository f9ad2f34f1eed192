import { type JsonObject, readObject } from "../../body/json.ts";
import { type Edit, elementsOf, nested, valueEdit } from "../spans.ts";

/** What makes of an event that gives the request back one that only says its words. */
export function goesOn(event: JsonObject): readonly Edit[] {
  return inChoice(event, (choice, at) => [
    ...valueEdit(choice, at, "finish_reason", "null"),
    ...valueEdit(choice, at, "stop_reason", "null"),
  ]);
}

/** Another text in the first choice of a whole answer. */
export function says(answer: JsonObject, text: string): readonly Edit[] {
  const quoted = JSON.stringify(text);
  return inChoice(answer, (choice, at) => {
    const message = nested(choice, "message");
    return message
      ? valueEdit(message.object, at + message.at.start, "content", quoted)
      : valueEdit(choice, at, "text", quoted);
  });
}

function inChoice(event: JsonObject, edits: (choice: JsonObject, at: number) => readonly Edit[]): readonly Edit[] {
  const [first] = elementsOf(event, "choices");
  return first ? edits(readObject(event.bytes.subarray(first.start, first.end)), first.start) : [];
}
