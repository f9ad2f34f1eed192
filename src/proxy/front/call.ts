import { type Ask, readAsk } from "../body/ask.ts";
import type { JsonObject } from "../body/json.ts";
import type { Slot } from "../routing/endpoint.ts";
import type { Signal } from "../signal.ts";
import type { RequestTrace } from "../trace/index.ts";
import { pathOf } from "./routes.ts";

/** What one request brings. */
export interface Call {
  readonly id: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: JsonObject;
  readonly ask: Ask;
  readonly signal: Signal;
  /** The slot whose prefill is at work on the same prompt for another pair of this request: best prefilled there too. */
  readonly near?: () => Slot | undefined;
  /** Where it is to be recorded. */
  readonly trace?: RequestTrace | undefined;
}

/** What a body asks for, sent to this path, with its query or without. */
export const askOf = (body: JsonObject, path: string): Ask => readAsk(body, pathOf({ url: path }));
