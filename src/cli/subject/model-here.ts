import { readFileSync } from "node:fs";
import { UserError } from "../../errors.ts";
import { type ModelConfig, readModelConfig } from "../../facts/index.ts";

/** The config of a model whose path this machine has too; undefined: it has not, or `up` will ask the nodes and the engine say more. */
export function modelHere(path: string, home: string | undefined): ModelConfig | undefined {
  const directory = path.startsWith("~/") && home !== undefined ? `${home}${path.slice(1)}` : path;
  if (!directory.startsWith("/")) return undefined; // a name on a hub
  const json = parsed(`${directory}/config.json`);
  const read = json === undefined ? undefined : readModelConfig(json);
  return read === undefined || "error" in read ? undefined : read;
}

/** The config that the user names: why it cannot be read is his to know. */
export function namedModel(file: string): ModelConfig {
  const unreadable = (why: string, cause?: unknown) => new UserError("file.unreadable", { file, why }, { cause });
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : String(error), error);
  }
  const read = readModelConfig(json);
  if ("error" in read) throw unreadable(read.error);
  return read;
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined; // not there, not readable or no JSON: nothing is known of the model here
  }
}
