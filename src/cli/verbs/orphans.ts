import type { Command } from "commander";
import type { Known } from "../../cluster/standing/standing.ts";
import { UserError } from "../../errors.ts";
import { type Call, does } from "../edge/call.ts";
import { helped } from "../usage/help.ts";
import { common, milliseconds } from "../usage/options.ts";

interface Options {
  readonly kill?: true;
  readonly grace: number;
  readonly waitLock?: number;
}

const GRACE_MS = 30_000;

export const orphans = (program: Command) =>
  does<Options>(
    helped(
      common(program.command("orphans").argument("[topology]"), { events: true, standing: true })
        .option("--kill", "end what is proven to be pdctl's and yours, and nothing else")
        .option("--grace <DURATION>", "between SIGTERM and SIGKILL (30s)", milliseconds, GRACE_MS)
        .option("--wait-lock <DURATION>", "with --kill: wait for another run instead of exit 7", milliseconds)
        .option("-y, --yes", "answer yes"),
      {
        sentence: "Engines of former runs on these nodes, and who else holds the plan's ports or the devices.",
        after: ["An orphan carries pdctl's mark, and no state counts it among what runs. Looking takes no lock."],
      },
    ),
    async (call) => {
      const [{ attended }, { knownCluster }, { orphans }] = await Promise.all([
        import("../run/attend.ts"),
        import("../subject/standing.ts"),
        import("../../cluster/index.ts"),
      ]);
      const { args, options } = call;
      const known = await knownCluster(call, args[0]);
      const ask = {
        kill: options.kill === true,
        graceMs: options.grace,
        waitLockMs: options.waitLock ?? 0,
        ports: await plannedPorts(call, known),
      };
      return attended(call, (run) => orphans(known, ask, run));
    },
  );

/** By node; nothing where the topology is not at hand: then only marks and devices tell. */
async function plannedPorts(
  { args, options, env }: Call,
  known: Known,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const [{ draft }, { namedTopology }] = await Promise.all([
    import("../subject/draft.ts"),
    import("../subject/place.ts"),
  ]);
  const named =
    args[0] === known.cluster || options.host !== undefined ? undefined : namedTopology(args[0], options, env);
  const file = named ?? known.file;
  if (file === null) return new Map();
  try {
    const { plan } = await draft({ argument: file, options, env });
    const services = plan?.cluster === known.cluster ? plan.services : [];
    const ports = (node: string) =>
      services.filter((one) => one.node === node).flatMap(({ listens }) => listens.map(({ port }) => port));
    return new Map(known.nodes.map(({ node }) => [node, ports(node)]));
  } catch (error) {
    if (!(error instanceof UserError)) throw error; // the remembered file is gone
    return new Map();
  }
}
