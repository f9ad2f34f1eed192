import type { JsonObject } from "./json.ts";

export interface Changes {
  /** Key → JSON text of the new value. Every member that had the key goes. */
  readonly set?: Readonly<Record<string, string | Buffer>>;
  readonly drop?: readonly string[];
}

/**
 * The object's text with some of its own members set or dropped. Every other byte stays as it came: numbers beyond 2^53,
 * `1.0`, escapes, spaces and the order of keys. New members stand first, so that the rest is one copy.
 * Source: proxy-protocols.md §3.1 R1–R3.
 */
export function splice({ bytes, open, members }: JsonObject, { set = {}, drop = [] }: Changes): Buffer {
  const gone = new Set([...Object.keys(set), ...drop]);
  const kept = members.filter(({ key }) => !gone.has(key));
  const parts: Buffer[] = [bytes.subarray(0, open + 1)];
  for (const [key, value] of Object.entries(set)) {
    const comma = parts.length > 1 ? "," : "";
    parts.push(Buffer.from(`${comma}${JSON.stringify(key)}:`), typeof value === "string" ? Buffer.from(value) : value);
  }
  if (parts.length > 1 && kept.length > 0) parts.push(Buffer.from(","));
  parts.push(...keptText({ bytes, open, members }, gone));
  return Buffer.concat(parts);
}

/** All that follows the opening brace, without the members that go; neighbours that stay are one slice. */
function* keptText({ bytes, open, members }: JsonObject, gone: ReadonlySet<string>): Generator<Buffer> {
  let [from, keptBefore] = [open + 1, false]; // `from`: start of the text that is to be copied and has not been yet
  for (const [index, { key, end, start }] of members.entries()) {
    const before = members[index - 1]?.end ?? open + 1;
    if (gone.has(key)) {
      if (from < before) yield bytes.subarray(from, before);
      from = end;
    } else {
      if (!keptBefore && index > 0) from = start; // what stood before the comma is gone
      keptBefore = true;
    }
  }
  yield bytes.subarray(from);
}
