import { type Command, Option } from "commander";
import type { Run } from "../cluster/run.ts";
import type { Facts } from "../facts/facts.ts";
import { type Call, does } from "./call.ts";
import { helped } from "./help.ts";
import { common, milliseconds } from "./options.ts";
import type { Sound } from "./sound.ts";

interface Flags {
  readonly rehearse?: true;
  readonly keep?: true;
  readonly onFailure: "keep" | "stop";
  readonly timeout?: number;
  readonly waitLock?: number;
  readonly requireEvidence?: true;
  readonly smoke: boolean;
  readonly adopt?: true;
}

export const up = (program: Command) =>
  does<Flags>(
    helped(
      common(program.command("up").argument("[topology]"), { events: true })
        .option("--rehearse", "stand-in engines on the real nodes and ports; no weight is loaded")
        .addOption(
          new Option("--on-failure <keep|stop>", "keep what is healthy (default), or stop everything")
            .choices(["keep", "stop"])
            .default("keep"),
        )
        .option("--timeout <DURATION>", "limit until every engine is ready (timeouts.ready, 15m)", milliseconds)
        .option("--wait-lock <DURATION>", "wait for another run instead of leaving with exit 7", milliseconds)
        .option("--require-evidence", "the proof has to be a counter, a log or the store")
        .option("--no-smoke", "leave the proof out; the last line will say so")
        .option("--adopt", "take over a cluster of this name from another owner")
        .addOption(new Option("-y, --yes").hideHelp())
        .addOption(new Option("--keep", "with --rehearse: leave the stand-ins up").hideHelp()),
      {
        sentence: "Start what is missing, change what differs, leave the rest, and end with a proof.",
        after: [
          "Examples",
          "  pdctl up --set prefill.args.max-num-seqs=8        restarts only what this changes",
          '  pdctl up --hosts "$SLURM_NODELIST"                in a batch job',
          "",
          "Exit  0 up and proven, 1 a service or the proof, 3 topology, 4 login, 6 time, 7 lock, 8 check",
          "Undo  pdctl down",
        ],
      },
    ),
    async (call) => {
      const [{ attended }, { onSound }] = await Promise.all([import("./attend.ts"), import("./sound.ts")]);
      const { args, options } = call;
      const rehearse = options.rehearse === true;
      const expects = ["proxy", ...(options.smoke ? ["smoke" as const] : [])] as const;
      return onSound(call, { argument: args[0], rehearse }, async (sound) => {
        const ask = await upAsk(call, sound);
        const work = async (run: Run) => (await import("../cluster/index.ts")).up(ask, run);
        return attended(call, work, { requireEvidence: options.requireEvidence === true, expects });
      });
    },
  );

async function upAsk({ options, env }: Call<Flags>, { topology, file }: Sound) {
  const [{ plan }, { allSecrets }] = await Promise.all([import("../plan/index.ts"), import("./sound.ts")]);
  const rehearse = options.rehearse === true;
  return {
    topology,
    plan: (facts: readonly Facts[]) => plan(topology, facts, { rehearse }),
    file,
    options: {
      rehearse,
      keep: options.keep === true,
      onFailure: options.onFailure,
      ...(options.timeout !== undefined && { readyMs: options.timeout }),
      waitLockMs: options.waitLock ?? 0,
      smoke: options.smoke,
      requireEvidence: options.requireEvidence === true,
      adopt: options.adopt === true,
      secrets: rehearse ? {} : allSecrets(topology, env),
    },
  };
}
