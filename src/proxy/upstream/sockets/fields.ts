import { FramingError } from "./framing-error.ts";

/** Names in lower case; a field that came several times is a list. Values are latin1, so that every byte goes on as it came. */
export type Fields = Record<string, string | string[]>;

/** Source: RFC 9110 §5.1, §5.5; RFC 9112 §5. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const PADDING = /^[ \t]+|[ \t]+$/g;

/**
 * The fields of a head or of a trailer, strictly: no folded line, no space before the colon, no bare CR or LF, no NUL.
 * @param lines without their CRLF
 * @throws FramingError
 */
export function readFields(lines: readonly string[]): Fields {
  const fields: Fields = {};
  for (const line of lines) {
    const { name, value } = known.get(line) ?? readField(line);
    add(fields, name, value);
  }
  return fields;
}

interface Field {
  readonly name: string;
  readonly value: string;
}

/** Engines say the same few lines with every answer. */
const known = new Map<string, Field>();
const KNOWN_MOST = 256;
const KNOWN_BYTES = 128;

function readField(line: string): Field {
  const colon = line.indexOf(":");
  const name = line.slice(0, colon);
  if (colon < 1 || !NAME.test(name)) throw new FramingError(`not a header line: ${shown(line)}`);
  const value = line.slice(colon + 1).replace(PADDING, "");
  if (!VALUE.test(value)) throw new FramingError(`a control character in the header ${name}`);
  const field = { name: name.toLowerCase(), value };
  if (known.size >= KNOWN_MOST) known.clear();
  if (line.length <= KNOWN_BYTES) known.set(line, field);
  return field;
}

function add(fields: Fields, name: string, value: string): void {
  const before = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (before === undefined) fields[name] = value;
  else if (typeof before === "string") fields[name] = [before, value];
  else before.push(value);
}

/** Who looks for the end of a head does not wait for one that a bare LF has ended for others. */
export function hasBareLf(text: string, from: number): boolean {
  for (let at = text.indexOf("\n", from); at !== -1; at = text.indexOf("\n", at + 1))
    if (text[at - 1] !== "\r") return true;
  return false;
}

const SHOWN = 60;
const shown = (line: string) => JSON.stringify(line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line);

/** What `a, B ,c` lists, in lower case. */
export function listed(value: string | string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return String(value)
    .toLowerCase()
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
