import type { Say } from "../findings/remark.ts";
import { type Source, sourceOf } from "./source.ts";

const LARGEST = 1024 * 1024;

/** The text of a file's bytes, without a byte order mark. Undefined when it is too large or not UTF-8. */
export function decode(name: string, bytes: Uint8Array, say: Say): Source | undefined {
  const nothing = sourceOf(name, "file", "");
  const place = { source: nothing, start: 0, end: 0 };
  if (bytes.length > LARGEST) {
    say({
      code: "limits",
      title: `the file has ${bytes.length} bytes; the largest topology is ${LARGEST}`,
      place,
      remedy: ["is this the right file?"],
    });
    return undefined;
  }
  try {
    return sourceOf(name, "file", new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    const source = sourceOf(name, "file", new TextDecoder("utf-8").decode(bytes));
    const start = Math.max(0, source.text.indexOf("\uFFFD"));
    const remedy = hasMark(bytes) ? ["save it as UTF-8; it looks like UTF-16"] : ["save it as UTF-8"];
    say({ code: "encoding", title: "the file is not UTF-8", place: { source, start, end: start + 1 }, remedy });
    return undefined;
  }
}

const hasMark = ([first, second]: Uint8Array): boolean =>
  (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
