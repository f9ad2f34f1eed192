import type { Command } from "commander";
import type { Run } from "../../cluster/run/run.ts";
import type { Facts } from "../../facts/facts.ts";
import { does } from "../edge/call.ts";
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
      common(program.command("restart").argument("[topology]").argument("[what...]"), { events: true })
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
          "",
          "Asks where peers have to follow; off a terminal the answer is yes, and is said.",
          "Exit  0 up and proven, 1 a service or the proof, 3 topology, 4 login, 5 a node was lost,",
          "      6 time, 7 lock, 8 check or no",
        ],
      },
    ),
    async (call) => {
      const [{ attended }, { onSound, allSecrets }, { placed, topologyOf }, { plan }] = await Promise.all([
        import("../run/attend.ts"),
        import("../subject/sound.ts"),
        import("../subject/standing.ts"),
        import("../../plan/index.ts"),
      ]);
      const { options, env } = call;
      const [named, again] = await placed(call);
      return onSound(call, { argument: await topologyOf(call, named) }, async ({ topology, file }) => {
        const ask = {
          topology,
          skip: topology.preflight.skip,
          plan: (facts: readonly Facts[]) => plan(topology, facts, { rehearse: false }),
          file,
          again,
          options: {
            rehearse: false,
            keep: false,
            onFailure: "keep" as const,
            ...(options.timeout !== undefined && { readyMs: options.timeout }),
            waitLockMs: options.waitLock ?? 0,
            drainMs: options.drain,
            smoke: options.smoke,
            requireEvidence: options.requireEvidence === true,
            adopt: false,
            secrets: allSecrets(topology, env),
          },
        };
        return attended(call, async (run: Run) => (await import("../../cluster/index.ts")).up(ask, run), {
          requireEvidence: options.requireEvidence === true,
        });
      });
    },
  );
