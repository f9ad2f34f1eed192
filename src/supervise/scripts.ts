import { Bug } from "../errors.ts";

/** The scripts that run on nodes, by their names in `templates/supervise/` (without `.sh`). Whoever calls loads them. */
export const scriptNames = [
  "proc", // functions that the others use: identities, marks, sessions
  "gate", // the lock's files
  "fence", // lets only the lock's holder change anything, and writes down what it did
  "states", // where other clusters' state is
  "find",
  "lease", // functions: how long a run may stay without a launcher
  "renew",
  "ttl", // becomes the watcher of a lease
  "orphans",
  "end", // of processes that no state lists
  "wrap", // becomes the parent of a service and records its end
  "halt", // the stopping that `stop` and a replacing `start` share
  "probe",
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
  "planned",
  "meets",
  "amend",
  "keep",
  "keeper",
] as const;
export type ScriptName = (typeof scriptNames)[number];
/** The text of each. */
export type Scripts = (name: ScriptName) => string;

/** Picks ours out of all templates (keys like `supervise/start`); that one is missing is said here, not when it is needed. */
export function scriptsOf(templates: Readonly<Record<string, string>>): Scripts {
  const text = (name: ScriptName): string => {
    const found = templates[`supervise/${name}`];
    if (found === undefined) throw new Bug(`templates/supervise/${name}.sh was not loaded`);
    return found;
  };
  for (const name of scriptNames) text(name);
  return text;
}

/** Static texts after each other: functions first, the script that uses them last. */
export function script(scripts: Scripts, ...names: readonly ScriptName[]): string {
  return names.map(scripts).join("\n");
}
