/** What an event of a stream, or a whole answer, says in its first choice. */
export interface Said {
  readonly text: string;
  /** It says something that no prompt can be continued from: calls of tools, thoughts. */
  readonly isMore: boolean;
  /** Decode has given the request back: preempted, and not to be computed again there. Source: proxy-protocols.md §C.1 */
  readonly isGivenBack: boolean;
  /** The event that opens a chat: a role, and not a word. */
  readonly isOpening: boolean;
  /** It has no choice, and tells what was used. */
  readonly isUsage: boolean;
}

/** @param json of an engine. It is only read: values are enough, and the platform's parser is several times as fast as any look at spans. */
export function saidIn(json: Buffer): Said | undefined {
  const event = parsed(json);
  if (event === undefined) return undefined;
  const choices = event.choices;
  const choice = Array.isArray(choices) ? objectOf(choices[0]) : undefined;
  const message = objectOf(choice?.delta) ?? objectOf(choice?.message);
  const text = textOf(choice?.text) ?? textOf(message?.content) ?? "";
  const isMore = message !== undefined && MORE.some((key) => isFilled(message[key]));
  return {
    text,
    isMore,
    isGivenBack: choice?.stop_reason === "recomputed",
    isOpening: message?.role !== undefined && text === "" && !isMore,
    isUsage: choice === undefined && objectOf(event.usage) !== undefined,
  };
}

const MORE = ["tool_calls", "function_call", "reasoning", "reasoning_content"];
const isFilled = (value: unknown) =>
  value !== undefined && value !== null && value !== "" && !(Array.isArray(value) && value.length === 0);

type Values = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Values =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const objectOf = (value: unknown) => (isObject(value) ? value : undefined);
const textOf = (value: unknown) => (typeof value === "string" ? value : undefined);

function parsed(json: Buffer): Values | undefined {
  try {
    return objectOf(JSON.parse(json.toString()));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // whatever it is, it goes on as it came
    throw error;
  }
}
