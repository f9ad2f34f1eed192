import { masked, type Names } from "./mask.ts";
import type { Seen } from "./seen.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Hop-by-hop headers and the clock are nobody's contract; a length is right or fetch fails. */
const dropped = new Set(["date", "connection", "keep-alive", "transfer-encoding", "content-length"]);

/** What an HTTP answer says, without what changes from run to run. */
export function seenReply({ status, headers, text }: Reply, names: Names): Seen {
  const kept = [...headers].filter(([name]) => !dropped.has(name)).sort(([a], [b]) => (a < b ? -1 : 1));
  const type = headers.get("content-type") ?? "";
  const body = type.includes("event-stream")
    ? { events: eventsOf(text, names) }
    : {
        body:
          type.includes("json") && text !== ""
            ? masked(withoutTemplate(JSON.parse(text)), names)
            : text.length > 0
              ? "<text>"
              : "",
      };
  return { status, headers: masked(Object.fromEntries(kept), names), ...body };
}

/** The events of a stream; those that are alike and follow each other are one, since the engine may put several tokens into one. */
function eventsOf(text: string, names: Names): readonly Seen[] {
  const events = text.split("\n\n").filter((event) => event !== "");
  const rows = events.map((event) => {
    const data = event.replace(/^data: /, "");
    return data.startsWith("{") ? masked(withoutProgress(withoutTemplate(JSON.parse(data))), names) : event;
  });
  return rows.filter((row, at) => at === 0 || JSON.stringify(row) !== JSON.stringify(rows[at - 1]));
}

/** A chat's prompt is as long as the model's template and tokenizer make it. */
function withoutTemplate(value: unknown): unknown {
  if (!isObject(value) || !/^chat\./.test(String(value.object)) || !isObject(value.usage)) return value;
  const usage = { ...value.usage, prompt_tokens: "<tokens>", total_tokens: "<tokens>" };
  const { kv_transfer_params: ticket } = value;
  return {
    ...value,
    usage,
    ...(isObject(ticket) && { kv_transfer_params: { ...ticket, remote_num_tokens: "<tokens>" } }),
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Usage inside a stream counts the tokens so far, and how many an event holds is chance. */
function withoutProgress(event: unknown): unknown {
  if (!isObject(event)) return event;
  const { usage, choices } = event;
  if (!Array.isArray(choices) || choices.length === 0 || !isObject(usage)) return event;
  return { ...event, usage: { ...usage, completion_tokens: "<so far>", total_tokens: "<so far>" } };
}
