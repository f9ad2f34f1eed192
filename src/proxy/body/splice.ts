import type { JsonObject } from "./json.ts";
import { joined, type Payload, Pieces } from "./payload.ts";

export interface Changes {
  /** Key → JSON text of the new value. Every member that had the key goes. */
  readonly set?: Readonly<Record<string, string | Buffer>>;
  readonly drop?: readonly string[];
}

const COPY_MOST = 1024 * 1024; // up to here one copy costs less than several writes

/**
 * The object's text with some of its own members set or dropped. Every other byte stays as it came: numbers beyond 2^53,
 * `1.0`, escapes, spaces and the order of keys. New members stand first, so that the rest is one copy.
 * Source: proxy-protocols.md §3.1 R1–R3.
 */
export const splice = (object: JsonObject, changes: Changes): Buffer => joined(spliced(object, changes));

/** The same, where a body of many megabytes is not copied: its pieces point into the client's. */
export function spliced({ bytes, open, members }: JsonObject, { set = NOTHING, drop = NONE }: Changes): Payload {
  const out = new Out();
  out.add(bytes.subarray(0, open + 1));
  let text = "";
  for (const key in set) {
    const value = set[key] ?? "";
    text += `${text === "" && out.count === 1 ? "" : ","}${JSON.stringify(key)}:`;
    if (typeof value === "string") text += value;
    else {
      out.add(Buffer.from(text));
      out.add(value);
      text = "";
    }
  }
  const isGone = (key: string) => Object.hasOwn(set, key) || drop.includes(key);
  const hasNew = text !== "" || out.count > 1;
  if (hasNew && members.some(({ key }) => !isGone(key))) text += ",";
  if (text !== "") out.add(Buffer.from(text));
  let from = open + 1; // start of the text that is to be copied and has not been yet; neighbours that stay are one piece
  let before = open + 1;
  let keptOne = false;
  for (let at = 0; at < members.length; at++) {
    const member = members[at];
    if (!member) break;
    if (isGone(member.key)) {
      if (from < before) out.add(bytes.subarray(from, before));
      from = member.end;
    } else {
      if (!keptOne && at > 0) from = member.start; // what stood before the comma is gone
      keptOne = true;
    }
    before = member.end;
  }
  out.add(bytes.subarray(from));
  return out.length <= COPY_MOST ? Buffer.concat(out.parts, out.length) : new Pieces(out.parts, out.length);
}

class Out {
  readonly parts: Buffer[] = [];
  length = 0;

  get count(): number {
    return this.parts.length;
  }

  add(part: Buffer): void {
    this.parts.push(part);
    this.length += part.length;
  }
}

const NOTHING: NonNullable<Changes["set"]> = {};
const NONE: readonly string[] = [];
