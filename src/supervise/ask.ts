import { UserError } from "../errors.ts";
import type { Call, Session } from "../nodes/session.ts";
import { type ScriptName, type Scripts, script } from "./scripts.ts";

export interface Ask extends Omit<Call, "script" | "what"> {
  /** The script, named by what it does; the functions it needs go before it. */
  readonly script: readonly ScriptName[];
}

/** Runs a script that must succeed → its answer as records: lines of tab-separated fields. Throws `node.command` otherwise. */
export async function ask(
  session: Session,
  scripts: Scripts,
  { script: names, ...rest }: Ask,
): Promise<readonly (readonly string[])[]> {
  const what = names.at(-1) ?? "";
  const answer = await session.call({ ...rest, script: script(scripts, ...names), what });
  if (answer.exit !== 0)
    throw new UserError("node.command", {
      node: session.node,
      command: what,
      exit: answer.exit,
      stderr: answer.stderr.trim(),
    });
  const text = answer.stdout.toString();
  return text === ""
    ? []
    : text
        .replace(/\n$/, "")
        .split("\n")
        .map((line) => line.split("\t"));
}
