import { readFileSync } from "node:fs";
import { type ModelConfig, readModelConfig } from "../facts/index.ts";

/** The config of a model whose path this machine has too; undefined: it has not, or `up` will ask the nodes and the engine say more. */
export function modelHere(path: string, home: string | undefined): ModelConfig | undefined {
  const directory = path.startsWith("~/") && home !== undefined ? `${home}${path.slice(1)}` : path;
  if (!directory.startsWith("/")) return undefined; // a name on a hub
  const json = parsed(`${directory}/config.json`);
  const read = json === undefined ? undefined : readModelConfig(json);
  return read === undefined || "error" in read ? undefined : read;
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined; // not there, not readable or no JSON: nothing is known of the model here
  }
}
