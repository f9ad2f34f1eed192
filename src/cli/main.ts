import { CommanderError } from "commander";
import { UserError } from "../errors.ts";
import { Aim } from "./edge/aim.ts";
import { atEdge } from "./edge/edge.ts";
import { EXIT } from "./edge/exit-codes.ts";
import { PROGRAMS, program } from "./program.ts";
import { hoisted } from "./usage/options.ts";

/** @param argv as process.argv: node, script, words. The exit code goes into process.exitCode, so that pipes are written to their end. */
export async function main(argv: readonly string[]): Promise<void> {
  const words = hoisted(argv.slice(2));
  const [first, ...rest] = words;
  if (first === "proxy") process.exitCode = await (await import("../proxy/main.ts")).proxyMain(rest);
  else if (first === "sim") process.exitCode = await (await import("../sim/main.ts")).simMain(rest);
  else await parse(words);
}

async function parse(words: readonly string[]): Promise<void> {
  const root = program();
  if (words.length === 0) {
    process.stderr.write(root.helpInformation());
    process.exitCode = EXIT.usage;
    return;
  }
  const [help, verb] = words;
  if (help === "help" && PROGRAMS.some((name) => name === verb)) return main(["", "", verb ?? "", "--help"]);
  const known = help !== "help" || verb === undefined || root.commands.some((command) => command.name() === verb);
  try {
    await root.parseAsync(known ? [...words] : [verb], { from: "user" }); // `help upp` errs as `upp` does
  } catch (error) {
    if (error instanceof CommanderError) return; // help and version have written what they had to say
    process.exitCode = await refused(words, error);
  }
}

async function refused(words: readonly string[], error: unknown): Promise<number> {
  const { streams } = await import("./edge/streams.ts");
  const { stdout, stderr, env } = process;
  const has = (flag: string) => words.includes(flag);
  const common = {
    color: !has("--no-color"),
    set: [],
    ...(has("--ascii") && { ascii: true as const }),
    ...(has("--debug") && { debug: true as const }),
  };
  const call = {
    verb: words[0] ?? "",
    options: common,
    streams: streams({ stdout, stderr, env, options: common }),
    aim: new Aim(),
  };
  return atEdge(call, () =>
    Promise.reject(error instanceof UserError || error instanceof Error ? error : new Error(String(error))),
  );
}
