import { type JsonObject, rawValue } from "../body/json.ts";
import { type Edit, valueEdit } from "./spans.ts";

/**
 * Makes events and answers of several requests those of one: all carry the id and the time of the first, the id as if it were the client's request
 * that the engine had answered.
 */
export class Identity {
  readonly #rename: (id: string, from: number) => string;
  #first: { readonly id: string; readonly created: string } | undefined;

  /** @param rename the text of an engine's id → that of the id which the client reads */
  constructor(rename: (id: string, from: number) => string) {
    this.#rename = rename;
  }

  /** @param from which of the requests it answers */
  edits(object: JsonObject, from: number): readonly Edit[] {
    const text = (key: string) => rawValue(object, key)?.toString() ?? "null";
    this.#first ??= { id: this.#rename(text("id"), from), created: text("created") };
    return [...valueEdit(object, 0, "id", this.#first.id), ...valueEdit(object, 0, "created", this.#first.created)];
  }
}

/** Engines answer under the id that they were sent, behind a word of theirs; a second try has `-rN` behind it. */
export const renamed = (sent: string, told: string) => (id: string) => {
  const at = id.lastIndexOf(sent);
  return at === -1 ? id : id.slice(0, at) + told + id.slice(at + sent.length).replace(/^-r\d+/, "");
};
