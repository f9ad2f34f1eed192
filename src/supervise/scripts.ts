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
  "meets",
  "amend",
  "keep",
  "keeper",
] as const;
export type ScriptName = (typeof scriptNames)[number];
export type Scripts = Readonly<Record<ScriptName, string>>;

/** Picks ours out of all templates (keys like `supervise/start`). */
export function scriptsOf(templates: Readonly<Record<string, string>>): Scripts {
  const text = (name: ScriptName): string => {
    const found = templates[`supervise/${name}`];
    if (found === undefined) throw new Bug(`templates/supervise/${name}.sh was not loaded`);
    return found;
  };
  return {
    proc: text("proc"),
    gate: text("gate"),
    fence: text("fence"),
    states: text("states"),
    find: text("find"),
    lease: text("lease"),
    renew: text("renew"),
    ttl: text("ttl"),
    orphans: text("orphans"),
    end: text("end"),
    wrap: text("wrap"),
    halt: text("halt"),
    probe: text("probe"),
    put: text("put"),
    start: text("start"),
    stop: text("stop"),
    inspect: text("inspect"),
    watch: text("watch"),
    lock: text("lock"),
    logs: text("logs"),
    remains: text("remains"),
    forget: text("forget"),
    state: text("state"),
    meets: text("meets"),
    amend: text("amend"),
    keep: text("keep"),
    keeper: text("keeper"),
  };
}

/** Static texts after each other: functions first, the script that uses them last. */
export function script(scripts: Scripts, ...names: readonly ScriptName[]): string {
  return names.map((name) => scripts[name]).join("\n");
}
