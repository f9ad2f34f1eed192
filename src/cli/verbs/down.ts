import type { Command } from "commander";
import { does } from "../edge/call.ts";
import { helped } from "../usage/help.ts";
import { common, FIVE_MINUTES, milliseconds } from "../usage/options.ts";

interface Options {
  readonly grace?: number;
  readonly discardLogs?: true;
  readonly forget: readonly string[];
  readonly waitLock?: number;
  readonly drain: number;
  readonly adopt?: true;
}

const ranges = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export const down = (program: Command) =>
  does<Options>(
    helped(
      common(program.command("down").argument("[topology]").argument("[what...]"), { events: true, standing: true })
        .option("--grace <DURATION>", "between SIGTERM and SIGKILL (timeouts.stop, 30s)", milliseconds)
        .option("--discard-logs", "do not bring the logs to this machine first")
        .option("--drain <DURATION>", "of a part: limit for its requests to end (5m)", milliseconds, FIVE_MINUTES)
        .option("--forget <NODES>", "take nodes off the list that will not come back", ranges, [])
        .option("--wait-lock <DURATION>", "wait for another run instead of leaving with exit 7", milliseconds)
        .option("--adopt", "take down what another user started under this name")
        .option("-y, --yes", "answer yes"),
      {
        sentence: "Stop everything, leave nothing, and hand out a receipt; or stop one part while the rest serves on.",
        after: [
          "Examples",
          "  pdctl down                 the cluster",
          "  pdctl down decode-1        one instance: the proxy lets it alone, it ends what it has, it stops",
          "",
          "Asks on a terminal where requests are running; elsewhere the answer is yes, and is said.",
          "Undo  pdctl up",
        ],
      },
    ),
    async (call) => {
      const [{ attended }, { knownCluster, placed }, { down, scaleIn }, { expandRange }] = await Promise.all([
        import("../run/attend.ts"),
        import("../subject/standing.ts"),
        import("../../cluster/index.ts"),
        import("../../topology/index.ts"),
      ]);
      const { options } = call;
      const [topology, what] = await placed(call);
      const known = await knownCluster(call, topology);
      const grace = options.grace === undefined ? {} : { graceMs: options.grace };
      if (what.length > 0) {
        const ask = { what, ...grace, drainMs: options.drain, waitLockMs: options.waitLock ?? 0 };
        return attended(call, (run) => scaleIn(known, ask, run));
      }
      const ask = {
        ...grace,
        discardLogs: options.discardLogs === true,
        forget: options.forget.flatMap((range) => expandRange(range)),
        waitLockMs: options.waitLock ?? 0,
        adopt: options.adopt === true,
        yes: options.yes === true,
      };
      return attended(call, (run) => down(known, ask, run));
    },
  );
