import { type Command, Option } from "commander";
import type { Run } from "../../cluster/run/run.ts";
import { UserError } from "../../errors.ts";
import type { Facts } from "../../facts/facts.ts";
import { type Call, does } from "../edge/call.ts";
import type { Sound } from "../subject/sound.ts";
import { helped } from "../usage/help.ts";
import { common, FIVE_MINUTES, milliseconds, millisecondsOrNever } from "../usage/options.ts";

interface Flags {
  readonly plan?: string;
  readonly rehearse?: true;
  readonly keep?: true;
  readonly onFailure: "keep" | "stop";
  readonly timeout?: number;
  readonly waitLock?: number;
  readonly requireEvidence?: true;
  readonly smoke: boolean;
  readonly adopt?: true;
  readonly drain: number;
  readonly ttl?: number | null;
}

export const up = (program: Command) =>
  does<Flags>(
    helped(
      common(program.command("up").argument("[topology]"), { events: true })
        .option("--plan <FILE>", "what pdctl plan -o wrote: exactly that, or nothing when a fact has changed")
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
        .option("--drain <DURATION>", "limit for requests of what goes to end (5m)", milliseconds, FIVE_MINUTES)
        .option(
          "--ttl <DURATION>",
          "the nodes take it down so long after the last launcher has left; never",
          millisecondsOrNever,
        )
        .option("--adopt", "take over a cluster of this name from another owner")
        .option("-y, --yes", "answer yes")
        .addOption(new Option("--keep", "with --rehearse: leave the stand-ins up").hideHelp()),
      {
        sentence: "Start what is missing, change what differs, leave the rest, and end with a proof.",
        after: [
          "Examples",
          "  pdctl plan -o plan.json && pdctl up --plan plan.json",
          "  pdctl up --set prefill.args.max-num-seqs=8        restarts only what this changes",
          '  pdctl up --hosts "$SLURM_NODELIST" --ttl 2h       in a batch job',
          "",
          "Asks where something that runs would stop; off a terminal the answer is yes, and is said.",
          "Undo  pdctl down",
        ],
      },
    ),
    async (call) => {
      const [{ attended }, { onSound }] = await Promise.all([
        import("../run/attend.ts"),
        import("../subject/sound.ts"),
      ]);
      const { args, options } = call;
      if (options.plan !== undefined) return fromFile(call, options.plan);
      const rehearse = options.rehearse === true;
      return onSound(call, { argument: args[0], rehearse }, async (sound) => {
        const ask = await upAsk(call, sound);
        const work = async (run: Run) => (await import("../../cluster/index.ts")).up(ask, run);
        return attended(call, work, showing(options));
      });
    },
  );

/** Of a plan that was written to a file: nothing else may say what runs. */
async function fromFile(call: Call<Flags>, file: string): Promise<number> {
  const { args, options, env, streams, aim } = call;
  const beside = [
    ...(args[0] === undefined && options.file === undefined ? [] : ["the topology"]),
    ...(options.set.length === 0 ? [] : ["--set"]),
    ...(options.hosts === undefined ? [] : ["--hosts"]),
    ...(options.rehearse === true ? ["--rehearse"] : []),
  ];
  if (beside.length > 0)
    throw new UserError("usage", {
      what: `--plan says all that is to run: leave out ${beside.join(", ")}`,
      next: `pdctl up --plan ${file}`,
    });
  const [{ readPlanFile, reviewed }, { allSecrets, secretsOf }, { attended }] = await Promise.all([
    import("../subject/plan-file.ts"),
    import("../subject/sound.ts"),
    import("../run/attend.ts"),
  ]);
  const plan = await readPlanFile(file);
  const names = { secrets: [...new Set(plan.services.flatMap(({ secrets }) => secrets))] };
  aim.at({ plan: file, cluster: plan.cluster, options });
  streams.hide(Object.values(secretsOf(names, env).present));
  const secrets = plan.rehearsal ? {} : allSecrets(names, env);
  const ask = {
    skip: plan.preflight.skip,
    plan: await reviewed(file, plan),
    file,
    options: { ...upOptions(options), rehearse: plan.rehearsal, secrets },
  };
  return attended(call, async (run) => (await import("../../cluster/index.ts")).up(ask, run), showing(options));
}

async function upAsk({ options, env }: Call<Flags>, { topology, file }: Sound) {
  const [{ plan }, { allSecrets }] = await Promise.all([import("../../plan/index.ts"), import("../subject/sound.ts")]);
  const rehearse = options.rehearse === true;
  return {
    topology,
    skip: topology.preflight.skip,
    plan: (facts: readonly Facts[]) => plan(topology, facts, { rehearse }),
    file,
    options: { ...upOptions(options), rehearse, secrets: rehearse ? {} : allSecrets(topology, env) },
  };
}

const upOptions = (flags: Flags) => ({
  keep: flags.keep === true,
  onFailure: flags.onFailure,
  ...(flags.timeout !== undefined && { readyMs: flags.timeout }),
  waitLockMs: flags.waitLock ?? 0,
  smoke: flags.smoke,
  requireEvidence: flags.requireEvidence === true,
  adopt: flags.adopt === true,
  drainMs: flags.drain,
  ...(flags.ttl !== undefined && { ttlMs: flags.ttl }),
});

const showing = ({ requireEvidence, smoke }: Flags) => ({
  requireEvidence: requireEvidence === true,
  expects: ["proxy", ...(smoke ? ["smoke" as const] : [])] as const,
});
