import type { Command } from "commander";
import type { Run } from "../../cluster/run/run.ts";
import type { UpAsk } from "../../cluster/up/ask.ts";
import type { Facts } from "../../facts/facts.ts";
import { type Call, does } from "../edge/call.ts";
import { helped } from "../usage/help.ts";
import { common, FIVE_MINUTES, milliseconds } from "../usage/options.ts";

interface Options {
  readonly timeout?: number;
  readonly drain: number;
  readonly waitLock?: number;
  readonly requireEvidence?: true;
  readonly smoke: boolean;
}

export const restart = (program: Command) =>
  does<Options>(
    helped(
      common(program.command("restart").argument("[topology]").argument("[what...]"), { events: true, standing: true })
        .option("--drain <DURATION>", "limit for requests of what goes to end (5m)", milliseconds, FIVE_MINUTES)
        .option("--timeout <DURATION>", "limit until each is ready again (timeouts.ready, 15m)", milliseconds)
        .option("--wait-lock <DURATION>", "wait for another run instead of leaving with exit 7", milliseconds)
        .option("--require-evidence", "the proof has to be a counter, a log or the store")
        .option("--no-smoke", "leave the proof out; the last line will say so")
        .option("-y, --yes", "answer yes"),
      {
        sentence: "Restart instances one by one while the proxy serves on, with the peers that have to follow.",
        after: [
          "Examples",
          "  pdctl restart decode-0             an instance, whole: no rank of it can be replaced alone",
          "  pdctl restart prefill              every prefill instance, after each other",
          "  pdctl restart                      every engine; the proxy and side services by their names",
          "  pdctl restart prefill --cluster chat --host 10.0.0.11     from a machine without the topology",
          "",
          "Asks where peers have to follow; off a terminal the answer is yes, and is said.",
        ],
      },
    ),
    async (call) => {
      const [{ onSound }, { placed, topologyOf }, { isFile }] = await Promise.all([
        import("../subject/sound.ts"),
        import("../subject/standing.ts"),
        import("../subject/place.ts"),
      ]);
      const [named, again] = await placed(call);
      const { cluster, host } = call.options;
      const argument = await topologyOf(call, named);
      const nameAlone = argument !== undefined && argument === named && !isFile(argument);
      if (cluster !== undefined || host !== undefined || nameAlone) return asItRuns(call, named, again);
      return onSound(call, { argument }, async ({ topology, file }) => {
        const [{ plan }, { allSecrets }] = await Promise.all([
          import("../../plan/index.ts"),
          import("../subject/sound.ts"),
        ]);
        const ask = {
          topology,
          skip: topology.preflight.skip,
          plan: (facts: readonly Facts[]) => plan(topology, facts, { rehearse: false }),
          file,
          again,
        };
        return run(call, ask, allSecrets(topology, call.env));
      });
    },
  );

/** Of what a node tells of the cluster alone: by the plan that it keeps. */
async function asItRuns(call: Call<Options>, named: string | undefined, again: readonly string[]): Promise<number> {
  const [{ knownCluster }, { planOf }, { silently }, { reviewed }, { allSecrets, secretsOf }] = await Promise.all([
    import("../subject/standing.ts"),
    import("../../cluster/index.ts"),
    import("../run/silently.ts"),
    import("../subject/plan-file.ts"),
    import("../subject/sound.ts"),
  ]);
  const known = await knownCluster(call, named);
  const plan = await silently(call, (quiet) => planOf(known, quiet));
  const names = { secrets: [...new Set(plan.services.flatMap(({ secrets }) => secrets))] };
  call.streams.hide(Object.values(secretsOf(names, call.env).present));
  const file = `the plan on ${plan.nodes[0]?.name}`;
  const ask = { skip: plan.preflight.skip, plan: await reviewed(file, plan), file, again };
  return run(call, ask, allSecrets(names, call.env));
}

async function run(
  call: Call<Options>,
  ask: Omit<UpAsk, "options">,
  secrets: UpAsk["options"]["secrets"],
): Promise<number> {
  const { options } = call;
  const requireEvidence = options.requireEvidence === true;
  const up = {
    rehearse: false,
    keep: false,
    onFailure: "keep" as const,
    ...(options.timeout !== undefined && { readyMs: options.timeout }),
    waitLockMs: options.waitLock ?? 0,
    drainMs: options.drain,
    smoke: options.smoke,
    requireEvidence,
    adopt: false,
    secrets,
  };
  const { attended } = await import("../run/attend.ts");
  const work = async (run: Run) => (await import("../../cluster/index.ts")).up({ ...ask, options: up }, run);
  return attended(call, work, { requireEvidence });
}
