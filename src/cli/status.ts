import type { Command } from "commander";
import type { StatusReport } from "../cluster/standing.ts";
import { UserError } from "../errors.ts";
import { does } from "./call.ts";
import { EXIT } from "./exit-codes.ts";
import { helped } from "./help.ts";
import { common } from "./options.ts";

interface Options {
  readonly wide?: true;
  readonly nodes: readonly string[];
}

const gathered = (value: string, before: readonly string[]): readonly string[] => [...before, value];

export const status = (program: Command) =>
  does<Options>(
    helped(
      common(program.command("status").argument("[topology]").argument("[what...]"), { standing: true })
        .option("--wide", "also KV ports, pid, memory, restarts, hash, side services' counts; unfolded")
        .option("--nodes <NODES>", "ask these nodes only", gathered, []),
      {
        sentence: "What runs where, as the nodes say it now.",
        after: ["Exit  0 healthy, 1 absent, 4 no login, 5 degraded, starting or unknown"],
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
        import("./standing.ts"),
        import("../cluster/index.ts"),
        import("../topology/index.ts"),
        import("../report/status-table.ts"),
        import("../report/document.ts"),
        import("./silently.ts"),
      ]);
      const { options, streams } = call;
      const [topology, what] = await placed(call);
      const known = await knownCluster(call, topology);
      const nodes = options.nodes.flatMap((range) => expandRange(range));
      const report = await silently(call, (run) =>
        cluster.status(known, { nodes, gauges: options.wide === true || options.json === true }, run),
      );
      const exit = exitOf(report);
      const wanted = new Set(what.flatMap((range) => expandRange(range)));
      const shown =
        wanted.size === 0
          ? report
          : {
              ...report,
              services: report.services.filter((row) =>
                [row.service, row.group, row.role, row.kind].some((name) => name !== null && wanted.has(name)),
              ),
            };
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
