import { Command, type CommanderError } from "commander";
import { version } from "./edge/version.ts";
import { ROOT_HELP } from "./usage/help.ts";
import { usage } from "./usage/usage.ts";
import { bench } from "./verbs/bench.ts";
import { check } from "./verbs/check.ts";
import { completion } from "./verbs/completion.ts";
import { demo } from "./verbs/demo/index.ts";
import { down } from "./verbs/down.ts";
import { exec } from "./verbs/exec.ts";
import { explain } from "./verbs/explain.ts";
import { importVerb } from "./verbs/import/index.ts";
import { init } from "./verbs/init/index.ts";
import { logs } from "./verbs/logs.ts";
import { orphans } from "./verbs/orphans.ts";
import { plan } from "./verbs/plan/index.ts";
import { restart } from "./verbs/restart.ts";
import { schema } from "./verbs/schema.ts";
import { smoke } from "./verbs/smoke.ts";
import { status } from "./verbs/status/index.ts";
import { test } from "./verbs/test.ts";
import { trust } from "./verbs/trust.ts";
import { up } from "./verbs/up.ts";
import { validate } from "./verbs/validate.ts";
import { versionVerb } from "./verbs/version.ts";

const VERBS = [
  init,
  importVerb,
  validate,
  plan,
  explain,
  check,
  up,
  smoke,
  bench,
  restart,
  down,
  orphans,
  status,
  logs,
  exec,
  trust,
  test,
  schema,
  demo,
  completion,
  versionVerb,
];
/** Programs of their own: what follows the word is theirs. */
export const PROGRAMS = ["proxy", "sim"] as const;

/** The command line, verb by verb; nothing of what the verbs need is loaded. */
export function program(): Command {
  const root = new Command("pdctl")
    .usage("<verb> [topology] [options]")
    .version(version(), "--version", "what this is")
    .helpOption("-h, --help")
    .helpCommand("help [verb]")
    .configureOutput({ writeErr: () => undefined }); // usage errors are written once, by main
  root.helpInformation = () => ROOT_HELP;
  refusing(root, undefined);
  for (const verb of VERBS) refusing(verb(root), (command) => command.name());
  for (const name of PROGRAMS) root.command(name, { hidden: true }); // for "did you mean" and `help`; main never parses them
  return root;
}

/** Every way in which the parser gives up becomes a usage error; help and version are no errors. */
function refusing(command: Command, name: ((command: Command) => string) | undefined): void {
  command.exitOverride((error: CommanderError) => {
    if (error.exitCode === 0) throw error;
    throw usage(error, name?.(command));
  });
}
