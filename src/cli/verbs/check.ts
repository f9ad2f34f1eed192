import type { Command } from "commander";
import type { Facts } from "../../facts/facts.ts";
import { does } from "../edge/call.ts";
import { helped } from "../usage/help.ts";
import { common } from "../usage/options.ts";

interface Options {
  readonly fix?: true;
}

export const check = (program: Command) =>
  does<Options>(
    helped(
      common(program.command("check").argument("[topology]"), { events: true })
        .option("--fix", "put right what pdctl can, as root, once it was shown and agreed to")
        .option("-y, --yes", "answer yes"),
      {
        sentence: "Ask the nodes whether the plan can run there: the check of up alone. Nothing is started.",
        after: ["--fix asks before it writes; off a terminal the answer is no, without --yes."],
      },
    ),
    async (call) => {
      const [{ attended }, { onSound }, { plan }] = await Promise.all([
        import("../run/attend.ts"),
        import("../subject/sound.ts"),
        import("../../plan/index.ts"),
      ]);
      const { args, options } = call;
      return onSound(call, { argument: args[0] }, async ({ topology, file }) => {
        const planned = (facts: readonly Facts[]) => plan(topology, facts, { rehearse: false });
        const ask = { topology, skip: topology.preflight.skip, file, plan: planned, fix: options.fix === true };
        return attended(call, async (run) => (await import("../../cluster/index.ts")).checkNodes(ask, run));
      });
    },
  );
