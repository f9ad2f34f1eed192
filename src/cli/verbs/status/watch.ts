import type { Known, StatusReport } from "../../../cluster/standing/standing.ts";
import { redraw } from "../../../report/live/view.ts";
import { ndjson } from "../../../report/machine/ndjson.ts";
import { statusChanges } from "../../../report/tables/status-changes.ts";
import { statusLines } from "../../../report/tables/status-table.ts";
import { clock } from "../../../words/numbers.ts";
import { expandRange } from "../../../words/range.ts";
import type { Call } from "../../edge/call.ts";
import { EXIT } from "../../edge/exit-codes.ts";
import { interruption } from "../../edge/signals.ts";
import { makeRun } from "../../run/run.ts";
import { partOf } from "./index.ts";

interface Watched {
  readonly nodes: readonly string[];
  readonly what: readonly string[];
}

/** The table redrawn in place; off a terminal a line per change, or an event. Ctrl-C is how it ends. */
export async function watch(
  call: Call<{ readonly wide?: true }>,
  known: Known,
  { nodes, what }: Watched,
): Promise<number> {
  const { statuses } = await import("../../../cluster/index.ts");
  const { options, streams, env, places } = call;
  const { signal, dispose } = interruption((exit) => process.exit(exit));
  const machine = options.ndjson === true;
  const show = (event: Parameters<typeof ndjson>[0]) => {
    if (machine && (event.type === "service" || event.type === "finding")) streams.out.raw(ndjson(event));
  };
  const run = await makeRun({ signal, env, home: places.home, show });
  let before: StatusReport | undefined;
  let drawn: readonly string[] = [];
  try {
    for await (const whole of statuses(known, { nodes }, run)) {
      const report = partOf(whole, what, expandRange);
      const now = clock(new Date().toISOString());
      const changes = before === undefined ? [] : statusChanges(before, report);
      if (machine) for (const { event } of changes) run.emit(event);
      else if (streams.out.redraws) {
        const [head = "", ...rest] = statusLines(report, { wide: options.wide === true, aim: call.aim.command });
        const { line } = streams.out.ink();
        const lines = [`${head} · ${now}`, ...rest].slice(0, streams.out.rows - 1).map(line);
        streams.out.raw(redraw(drawn, lines));
        drawn = lines;
      } else if (before === undefined)
        streams.out.lines(statusLines(report, { wide: options.wide === true, aim: call.aim.command }));
      else streams.out.lines(changes.map(({ text }) => `${now}  status  ${text}`));
      before = report;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    dispose();
  }
  return EXIT.done;
}
