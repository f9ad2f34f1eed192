import type { Ask } from "../body/ask.ts";
import type { JsonObject } from "../body/json.ts";

/** What one request brings. */
export interface Call {
  readonly id: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: JsonObject;
  readonly ask: Ask;
  readonly signal: AbortSignal;
}
