import { badArgument } from "../fatal.ts";
import { isObject, type JsonObject, parseJson } from "../json.ts";

/** An object of configuration is read by pydantic, the rest by Python's own reader of JSON. */
export function jsonArgument(names: string, given: string, object = false): string | JsonObject {
  const config = names === "--kv-transfer-config" ? "KVTransferConfig" : undefined;
  const parsed = parseJson(given);
  if (parsed === undefined) {
    if (config === undefined) throw badArgument(names, `Value ${given} cannot be converted to <function loads>.`);
    throw badArgument(names, `1 validation error for ${config}\n  Invalid JSON: ${rustComplaint(given)}`);
  }
  if (isObject(parsed.value)) return parsed.value;
  if (object)
    throw badArgument(
      names,
      `${config === undefined ? "" : `1 validation error for ${config}\n  `}Input should be an object`,
    );
  return given;
}

/** pydantic's JSON reader names line and column, and what it was in the middle of. */
function rustComplaint(given: string): string {
  const lines = given.split("\n");
  const inside = openedIn(given);
  if (given.trim() !== "" && inside === undefined)
    return `expected value at line 1 column ${Math.max(1, given.search(/[^\s]/) + 1)}`;
  return `EOF while parsing ${inside ?? "a value"} at line ${lines.length} column ${lines.at(-1)?.length ?? 0}`;
}

/** What a JSON text leaves open at its end, if anything. */
function openedIn(text: string): string | undefined {
  const bare = text.replace(/"(?:[^"\\]|\\.)*"/gs, "0");
  if (bare.includes('"')) return "a string";
  if (/:\s*$/.test(bare)) return "a value";
  const open: string[] = [];
  for (const mark of bare.match(/[[\]{}]/g) ?? []) {
    if (mark === "{" || mark === "[") open.push(mark);
    else open.pop();
  }
  const last = open.at(-1);
  return last === undefined ? undefined : last === "{" ? "an object" : "a list";
}
