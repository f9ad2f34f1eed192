/** Where a text stops being JSON, counted from 0, and what was expected there; undefined: it is JSON. */
export function jsonError(text: string): { readonly at: number; readonly expected: string } | undefined {
  const stop = value(text, 0);
  if (typeof stop !== "number") return stop;
  const end = blank(text, stop);
  return end === text.length ? undefined : { at: end, expected: "the end" };
}

type Stop = number | { readonly at: number; readonly expected: string };

/** Position behind the value that begins here. */
function value(text: string, from: number): Stop {
  const at = blank(text, from);
  if (text[at] === "{") return members(text, at + 1, "}", member);
  if (text[at] === "[") return members(text, at + 1, "]", value);
  const plain = PLAIN.exec(text.slice(at))?.[0];
  return plain === undefined
    ? { at, expected: text[at] === "'" ? "a value (\"…\", not '…')" : "a value" }
    : at + plain.length;
}

const PLAIN =
  /^(?:"(?:[^"\\\u0000-\u001F]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|NaN|-?Infinity)/;

function members(text: string, from: number, close: string, one: (text: string, at: number) => Stop): Stop {
  let at = blank(text, from);
  if (text[at] === close) return at + 1;
  for (;;) {
    const stop = one(text, at);
    if (typeof stop !== "number") return stop;
    at = blank(text, stop);
    if (text[at] === close) return at + 1;
    if (text[at] !== ",") return { at, expected: `, or ${close}` };
    at = blank(text, at + 1);
  }
}

function member(text: string, at: number): Stop {
  const key = text[at] === '"' ? value(text, at) : { at, expected: "a key in double quotes" };
  if (typeof key !== "number") return key;
  const colon = blank(text, key);
  return text[colon] === ":" ? value(text, colon + 1) : { at: colon, expected: ":" };
}

const blank = (text: string, from: number): number => from + (/^[ \t\n\r]*/.exec(text.slice(from))?.[0].length ?? 0);
