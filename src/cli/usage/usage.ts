import type { CommanderError } from "commander";
import { UserError } from "../../errors.ts";

/** What the parser said, in pdctl's words: one line, the nearest known word, and where to look. */
export function usage(error: CommanderError, verb: string | undefined): UserError<"usage"> {
  const [head = "", hint] = error.message.replace(/^error: /, "").split("\n");
  const near = hint === undefined ? null : /Did you mean (?:one of )?([^?]+)\?/.exec(hint);
  const quoted = /'([^']*)'/.exec(head)?.[1] ?? "";
  const what = `${worded(error.code, head, quoted)}${near === null ? "" : `; did you mean ${near[1]}?`}`;
  return new UserError("usage", { what, next: `pdctl ${verb === undefined ? "" : `${verb} `}--help` });
}

function worded(code: string, head: string, quoted: string): string {
  switch (code) {
    case "commander.unknownOption":
      return `unknown option ${quoted}`;
    case "commander.unknownCommand":
      return `unknown verb ${quoted}`;
    case "commander.optionMissingArgument":
      return `${quoted.replace(/^-\w, /, "").replace(/[<>]/g, "")} needs a value`;
    case "commander.missingArgument":
      return `${quoted.toUpperCase()} is missing`;
    case "commander.excessArguments":
      return head.replace(
        /^too many arguments for '([^']+)'\. Expected (\d+) arguments? but got (\d+)\.?.*$/s,
        "$1 takes $2, not $3 arguments",
      );
    case "commander.invalidArgument":
      return head
        .replace(
          /^(?:option|command-argument value) '(?:-\w, )?([^' ]+)[^']*' argument '([^']*)' is invalid\. /,
          "$1 $2: ",
        )
        .replace(/\.$/, "")
        .replace(/Allowed choices are (.*), ([^,]*)$/, "it has to be $1 or $2");
    case "commander.conflictingOption":
      return head.replace(/option '(?:-\w, )?([^' ]+)[^']*'/g, "$1");
    default:
      return head;
  }
}
