import { parseDocument } from "yaml";
import type { Json } from "../topology/topology.ts";
import { isMap } from "./commands/flags.ts";
import type { Spot } from "./remark.ts";

/** A file that a set-up reads: YAML or JSON, told apart by what is in it. */
export interface Config {
  readonly name: string;
  readonly at: Spot;
  readonly value: Readonly<Record<string, Json>>;
}

/** Undefined: it is not one map. */
export function configOf(name: string, text: string, at: Spot): Config | undefined {
  const document = parseDocument(text, { version: "1.2", logLevel: "silent" });
  if (document.errors.length > 0) return undefined;
  const value = document.toJS({ maxAliasCount: 100 }) as Json;
  return isMap(value) ? { name, at, value } : undefined;
}

export const isUcm = ({ value }: Config): boolean => Array.isArray(value["ucm_connectors"]);
export const isMooncake = ({ value }: Config): boolean => "metadata_server" in value;
