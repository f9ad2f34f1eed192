const LONGEST = 48; // bytes; what is longer is no key of the API
const KEPT = 1024; // a power of two

/** Keys that were read before, each at the place that its bytes lead to. Bodies have the same few. */
const kept: (string | undefined)[] = Array.from({ length: KEPT }, () => undefined);

/** The key that stands in quotes from `start` to `end`, in a text that was scanned. */
export function keyText(bytes: Buffer, start: number, end: number): string {
  if (end - start - 2 > LONGEST) return decoded(bytes, start, end);
  let hash = end - start;
  for (let at = start + 1; at < end - 1; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x80 || byte === 0x5c) return decoded(bytes, start, end);
    hash = (Math.imul(hash, 31) + byte) | 0;
  }
  const place = (hash ^ (hash >>> 10)) & (KEPT - 1);
  const found = kept[place];
  if (found !== undefined && isAt(found, bytes, start)) return found;
  const [text = ""] = Object.keys({ [bytes.toString("latin1", start + 1, end - 1)]: 0 }); // as a name of a property it is compared by its place alone
  kept[place] = text;
  return text;
}

/** Whether the bytes from the quote at `start` on, up to the next quote, are this text. */
function isAt(text: string, bytes: Buffer, start: number): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== bytes[start + 1 + at]) return false;
  return bytes[start + 1 + text.length] === 0x22;
}

function decoded(bytes: Buffer, start: number, end: number): string {
  const raw = bytes.toString("utf8", start, end);
  return raw.includes("\\") ? String(JSON.parse(raw)) : raw.slice(1, -1);
}
