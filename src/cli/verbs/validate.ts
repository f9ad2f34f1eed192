import type { Command } from "commander";
import { does } from "../edge/call.ts";
import { EXIT } from "../edge/exit-codes.ts";
import { targetOf } from "../subject/place.ts";
import { helped } from "../usage/help.ts";
import { common } from "../usage/options.ts";

interface Options {
  readonly strict?: true;
}

export const validate = (program: Command) =>
  does<Options>(
    helped(common(program.command("validate").argument("[topology]").option("--strict", "warnings count as errors")), {
      sentence: "Find everything that is wrong in a topology, at once and before any SSH.",
    }),
    async (call) => {
      const { args, options, streams, env, aim } = call;
      const { out } = streams;
      const [{ draft }, { diagnosticLines }, { several }, { asJson, validateDocument }] = await Promise.all([
        import("../subject/draft.ts"),
        import("../../report/text/diagnostics.ts"),
        import("../../words/numbers.ts"),
        import("../../report/machine/document.ts"),
      ]);
      const { file, diagnostics, topology, plan } = await draft({ argument: args[0], options, env });
      if (topology !== undefined) aim.at(targetOf(call, args[0], topology.name));
      const wrong = diagnostics.some(
        ({ level }) => level === "error" || (level === "warning" && options.strict === true),
      );
      const exit = wrong ? EXIT.topology : EXIT.done;
      if (options.json === true)
        out.raw(asJson(validateDocument({ file, cluster: topology?.name ?? null, findings: diagnostics, exit })));
      else {
        const size =
          plan === undefined
            ? ""
            : ` ${several(plan.services.length, "service")} on ${several(plan.nodes.length, "node")}`;
        const lines = diagnosticLines(file, diagnostics, `${topology?.name},${size}`, aim.command);
        out.lines(options.quiet === true && exit === EXIT.done ? [] : lines);
      }
      return exit;
    },
  );
