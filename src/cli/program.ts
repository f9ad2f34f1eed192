import { Command, type CommanderError } from "commander";
import { bench } from "./bench.ts";
import { check } from "./check.ts";
import { completion } from "./completion.ts";
import { demo } from "./demo.ts";
import { down } from "./down.ts";
import { exec } from "./exec.ts";
import { explain } from "./explain.ts";
import { ROOT_HELP } from "./help.ts";
import { importVerb } from "./import.ts";
import { init } from "./init.ts";
import { logs } from "./logs.ts";
import { orphans } from "./orphans.ts";
import { plan } from "./plan.ts";
import { restart } from "./restart.ts";
import { schema } from "./schema.ts";
import { smoke } from "./smoke.ts";
import { status } from "./status.ts";
import { test } from "./test.ts";
import { trust } from "./trust.ts";
import { up } from "./up.ts";
import { usage } from "./usage.ts";
import { validate } from "./validate.ts";
import { version } from "./version.ts";
import { versionVerb } from "./version-verb.ts";

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
