import { isObject, type JsonObject } from "../json.ts";
import type { Parsed } from "./argv.ts";

export const flagOf = (args: Parsed, name: string): boolean => args.get(name) === true;

export function optionalInteger(args: Parsed, name: string): number | undefined {
  const value = args.get(name);
  return typeof value === "number" ? value : undefined;
}

export const integerOr = (args: Parsed, name: string, fallback: number): number =>
  optionalInteger(args, name) ?? fallback;

export function optionalText(args: Parsed, name: string): string | undefined {
  const value = args.get(name);
  return typeof value === "string" ? value : undefined;
}

export function listOf(args: Parsed, name: string): readonly string[] {
  const value = args.get(name);
  return Array.isArray(value) ? value : [];
}

export function objectOf(args: Parsed, name: string): JsonObject | undefined {
  const value = args.get(name);
  return isObject(value) ? value : undefined;
}
