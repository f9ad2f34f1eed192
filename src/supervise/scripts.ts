import { Bug } from "../errors.ts";

/** The scripts that run on nodes, by their names in `templates/supervise/` (without `.sh`). Whoever calls loads them. */
export const scriptNames = [
  "proc", // functions that the others use: identities, marks, sessions
  "wrap", // becomes the parent of a service and records its end
  "put",
  "start",
  "stop",
  "inspect",
  "watch",
  "lock",
  "logs",
  "remains",
  "forget",
  "state",
] as const;
export type ScriptName = (typeof scriptNames)[number];
export type Scripts = Readonly<Record<ScriptName, string>>;

/** Picks ours out of all templates (keys like `supervise/start`). */
export function scriptsOf(templates: Readonly<Record<string, string>>): Scripts {
  return Object.fromEntries(scriptNames.map((name) => [name, text(templates, name)])) as Scripts;
}

function text(templates: Readonly<Record<string, string>>, name: ScriptName): string {
  const found = templates[`supervise/${name}`];
  if (found === undefined) throw new Bug(`templates/supervise/${name}.sh was not loaded`);
  return found;
}
