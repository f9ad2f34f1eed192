/** Says at which byte a text is no JSON, and what was expected there. */
export class JsonError extends Error {
  override readonly name = "JsonError";
}
