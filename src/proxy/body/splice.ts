import type { JsonObject } from "./json.ts";
import { joined, Pieces } from "./payload.ts";

export interface Changes {
  /** Key → JSON text of the new value. Every member that had the key goes. */
  readonly set?: Readonly<Record<string, string | Buffer>>;
  readonly drop?: ReadonlySet<string>;
}

/**
 * The object's text with some of its own members set or dropped. Every other byte stays as it came: numbers beyond 2^53,
 * `1.0`, escapes, spaces and the order of keys. New members stand first, so that the rest is one copy.
 * Source: proxy-protocols.md §3.1 R1–R3.
 */
export const splice = (object: JsonObject, changes: Changes): Buffer => joined(spliced(object, changes));

/** The same as pieces of the client's body, which is not copied before it is sent. */
export function spliced({ bytes, open, members }: JsonObject, { set = NOTHING, drop = NONE }: Changes): Pieces {
  const out = new Pieces();
  out.addBytes(bytes, 0, open + 1);
  let text = "";
  let hasNew = false;
  for (const key in set) {
    const value = set[key] ?? "";
    text += hasNew ? `,${named(key)}` : named(key);
    hasNew = true;
    if (typeof value === "string") text += value;
    else {
      out.addText(text);
      out.addBytes(value);
      text = "";
    }
  }
  const isGone = (key: string) => drop.has(key) || Object.hasOwn(set, key);
  if (hasNew && members.some(({ key }) => !isGone(key))) text += ",";
  out.addText(text);
  let from = open + 1; // start of the text that is to be copied and has not been yet; neighbours that stay are one piece
  let before = open + 1;
  let keptOne = false;
  for (let at = 0; at < members.length; at++) {
    const member = members[at];
    if (!member) break;
    if (isGone(member.key)) {
      if (from < before) out.addBytes(bytes, from, before);
      from = member.end;
    } else {
      if (!keptOne && at > 0) from = member.start; // what stood before the comma is gone
      keptOne = true;
    }
    before = member.end;
  }
  out.addBytes(bytes, from);
  return out;
}

/** How the keys that are set stand before their values: the families have a dozen of them. */
const names = new Map<string, string>();

function named(key: string): string {
  const known = names.get(key);
  if (known !== undefined) return known;
  const text = `${JSON.stringify(key)}:`;
  names.set(key, text);
  return text;
}

const NOTHING: NonNullable<Changes["set"]> = {};
const NONE: ReadonlySet<string> = new Set();
