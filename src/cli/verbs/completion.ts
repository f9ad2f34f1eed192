import { Argument, type Command } from "commander";
import type { Shell, VerbWords } from "../../report/pages/completion.ts";
import { type Call, does } from "../edge/call.ts";
import { EXIT } from "../edge/exit-codes.ts";
import { helped } from "../usage/help.ts";
import { common } from "../usage/options.ts";

const SHELLS: readonly Shell[] = ["bash", "zsh", "fish"];

export const completion = (program: Command) =>
  does(
    helped(
      common(program.command("completion").addArgument(new Argument("<shell>").choices(SHELLS)), { document: false }),
      {
        sentence: "Verbs and options for bash, zsh or fish, to be read by its start-up file.",
        after: [
          "Examples",
          "  source <(pdctl completion bash)                                     in ~/.bashrc",
          "  source <(pdctl completion zsh)                                      in ~/.zshrc",
          "  pdctl completion fish > ~/.config/fish/completions/pdctl.fish",
        ],
      },
    ),
    async (call: Call) => {
      const { completion: written } = await import("../../report/pages/completion.ts");
      const shell = SHELLS.find((one) => one === call.args[0]);
      if (shell !== undefined) call.streams.out.raw(written(shell, program.commands.map(words)));
      return EXIT.done;
    },
  );

/** Of a program of its own, such as the proxy, only the name: what follows is its own. */
function words(verb: Command): VerbWords {
  return {
    name: verb.name(),
    says: verb.description(),
    topology: verb.registeredArguments.some((argument) => argument.name() === "topology"),
    flags: verb.options.flatMap(({ long, short, description, required, optional, argChoices = [] }) =>
      long === undefined || long === null
        ? []
        : [{ long, ...(short ? { short } : {}), says: description, value: required || optional, choices: argChoices }],
    ),
  };
}
