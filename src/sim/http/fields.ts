import { integerOf, isObject, type JsonObject } from "../json.ts";
import { misshapen } from "./reply.ts";

/** A field as pydantic reads it: what can be meant is taken (the text "3" is 3, true is 1), anything else is named with what was given. */
export function integer(body: JsonObject, name: string): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  return asInteger(value, [name]);
}

export function asInteger(value: unknown, loc: readonly string[]): number {
  if (typeof value === "boolean") return Number(value);
  const whole = typeof value === "string" && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : integerOf(value);
  if (whole !== undefined) return whole;
  if (typeof value === "number")
    throw misshapen(
      "int_from_float",
      loc,
      "Input should be a valid integer, got a number with a fractional part",
      value,
    );
  if (typeof value === "string")
    throw misshapen("int_parsing", loc, "Input should be a valid integer, unable to parse string as an integer", value);
  throw misshapen("int_type", loc, "Input should be a valid integer", value);
}

export function fraction(body: JsonObject, name: string): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "boolean" || typeof value === "number") return Number(value);
  if (typeof value !== "string") throw misshapen("float_type", [name], "Input should be a valid number", value);
  const read = Number(value);
  if (value.trim() !== "" && !Number.isNaN(read)) return read;
  throw misshapen("float_parsing", [name], "Input should be a valid number, unable to parse string as a number", value);
}

export function boolean(body: JsonObject, name: string): boolean {
  const value = body[name];
  if (value === undefined || value === null) return false;
  if (value === true || value === 1 || (typeof value === "string" && /^(1|true|t|yes|y|on)$/i.test(value))) return true;
  if (value === false || value === 0 || (typeof value === "string" && /^(0|false|f|no|n|off)$/i.test(value)))
    return false;
  throw misshapen("bool_parsing", [name], "Input should be a valid boolean, unable to interpret input", value);
}

export function dictionary(body: JsonObject, name: string): JsonObject | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (isObject(value)) return value;
  throw misshapen("dict_type", [name], "Input should be a valid dictionary", value);
}
