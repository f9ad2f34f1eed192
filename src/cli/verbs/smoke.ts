import type { Command } from "commander";
import { does } from "../edge/call.ts";
import { helped } from "../usage/help.ts";
import { common, FIVE_MINUTES, milliseconds, whole } from "../usage/options.ts";

interface Options {
  readonly requireEvidence?: true;
  readonly requests?: number;
  readonly timeout: number;
}

export const smoke = (program: Command) =>
  does<Options>(
    helped(
      common(program.command("smoke").argument("[topology]"), { events: true, standing: true })
        .option("--require-evidence", "the proof has to be a counter, a log or the store")
        .option("--requests <N>", "at least so many; else one for each prefill and decode slot", whole)
        .option("--timeout <DURATION>", "limit of the whole proof (5m)", milliseconds, FIVE_MINUTES),
      {
        sentence: "Prove again that a token crosses from prefill to decode, and say by what evidence.",
      },
    ),
    async (call) => {
      const [{ attended }, { knownCluster }, { smoke }, { secretsFrom }] = await Promise.all([
        import("../run/attend.ts"),
        import("../subject/standing.ts"),
        import("../../cluster/index.ts"),
        import("../subject/sound.ts"),
      ]);
      const { args, options, env, streams } = call;
      const known = await knownCluster(call, args[0]);
      const requireEvidence = options.requireEvidence === true;
      const ask = {
        requireEvidence,
        ...(options.requests !== undefined && { requests: options.requests }),
        limitMs: options.timeout,
        secretsOf: secretsFrom(env, streams),
      };
      return attended(call, (run) => smoke(known, ask, run), { requireEvidence });
    },
  );
