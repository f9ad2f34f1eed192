import type { Command } from "commander";
import type { StatusReport } from "../../../cluster/standing/standing.ts";
import { UserError } from "../../../errors.ts";
import { does } from "../../edge/call.ts";
import { EXIT } from "../../edge/exit-codes.ts";
import { helped } from "../../usage/help.ts";
import { common } from "../../usage/options.ts";

interface Options {
  readonly wide?: true;
  readonly watch?: true;
  readonly nodes: readonly string[];
}

const gathered = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export const status = (program: Command) =>
  does<Options>(
    helped(
      common(program.command("status").argument("[topology]").argument("[what...]"), { standing: true, events: true })
        .option("--wide", "also KV ports, pid, memory, restarts, hash, side services' counts; unfolded")
        .option("--watch", "look again every 2 s; off a terminal only what changes, until Ctrl-C")
        .option("--nodes <NODES>", "ask these nodes only", gathered, []),
      {
        sentence: "What runs where, as the nodes say it now.",
      },
    ),
    async (call) => {
      const [
        { knownCluster, placed },
        cluster,
        { expandRange },
        { statusLines },
        { asJson, statusDocument },
        { silently },
      ] = await Promise.all([
        import("../../subject/standing.ts"),
        import("../../../cluster/index.ts"),
        import("../../../topology/index.ts"),
        import("../../../report/tables/status-table.ts"),
        import("../../../report/machine/document.ts"),
        import("../../run/silently.ts"),
      ]);
      const { options, streams } = call;
      if (options.ndjson === true && options.watch !== true)
        throw new UserError("usage", {
          what: "--ndjson goes with --watch; one answer is --json",
          next: "pdctl status --json",
        });
      const [topology, what] = await placed(call);
      const known = await knownCluster(call, topology);
      const nodes = options.nodes.flatMap((range) => expandRange(range));
      if (options.watch === true) return (await import("./watch.ts")).watch(call, known, { nodes, what });
      const report = await silently(call, (run) =>
        cluster.status(known, { nodes, gauges: options.wide === true || options.json === true }, run),
      );
      const exit = exitOf(report);
      const shown = partOf(report, what, expandRange);
      if (shown.services.length === 0 && report.services.length > 0)
        throw new UserError("usage", {
          what: `nothing of ${report.cluster} is called ${what.join(", ")}`,
          next: "pdctl status",
        });
      if (options.json === true) streams.out.raw(asJson(statusDocument(shown, exit)));
      else streams.out.lines(statusLines(shown, { wide: options.wide === true, aim: call.aim.command }));
      return exit;
    },
  );

function exitOf({ state }: StatusReport): number {
  if (state === "healthy") return EXIT.done;
  return state === "absent" ? EXIT.failed : EXIT.partial;
}

/** The rows of these roles, instances, engines; none named: all. */
export function partOf(
  report: StatusReport,
  what: readonly string[],
  expandRange: (range: string) => readonly string[],
): StatusReport {
  if (what.length === 0) return report;
  const wanted = new Set(what.flatMap((range) => expandRange(range)));
  const named = ({ service, group, role, kind }: StatusReport["services"][number]) =>
    [service, group, role, kind].some((name) => name !== null && wanted.has(name));
  return { ...report, services: report.services.filter(named) };
}
