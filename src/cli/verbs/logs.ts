import { type Command, InvalidArgumentError } from "commander";
import { does } from "../edge/call.ts";
import { EXIT } from "../edge/exit-codes.ts";
import { helped } from "../usage/help.ts";
import { common, milliseconds, whole } from "../usage/options.ts";

interface Options {
  readonly follow?: true;
  readonly tail?: number;
  readonly since?: number;
  readonly grep?: RegExp;
  readonly errors?: true;
}

const LINES = 20;

export const logs = (program: Command) =>
  does<Options>(
    helped(
      common(program.command("logs").argument("[topology]").argument("[what...]"), {
        short: false,
        events: true,
        standing: true,
      })
        .option("-f, --follow", "go on as lines come; Ctrl-C ends it")
        .option("--tail <N>", "so many lines of each (20)", whole)
        .option("--since <DURATION>", "from the first line on that was written so long ago, or later", milliseconds)
        .option("--grep <RE>", "only lines that match", pattern)
        .option("--errors", "from the first error line of each on"),
      {
        sentence: "The engines' own lines, of roles, instances, engines, or all.",
        after: ["Examples", "  pdctl logs prefill-0 -f", "  pdctl logs decode --errors"],
      },
    ),
    async (call) => {
      const [{ attended }, { knownCluster, placed }, { logs }] = await Promise.all([
        import("../run/attend.ts"),
        import("../subject/standing.ts"),
        import("../../cluster/index.ts"),
      ]);
      const { options } = call;
      const [topology, select] = await placed(call);
      const known = await knownCluster(call, topology);
      const { tail, grep } = options;
      const ask = {
        select,
        tail: tail ?? LINES,
        ...(options.since !== undefined && { sinceMs: options.since }),
        follow: options.follow === true,
        errors: options.errors === true,
        ...(grep && { grep }),
      };
      const exit = await attended(call, (run) => logs(known, ask, run));
      return exit === EXIT.interrupted && options.follow === true ? EXIT.done : exit; // leaving `logs -f` is how it ends
    },
  );

function pattern(value: string): RegExp {
  try {
    return new RegExp(value);
  } catch (error) {
    throw new InvalidArgumentError(
      error instanceof Error ? error.message.replace(/^Invalid regular expression: /, "") : String(error),
    );
  }
}
