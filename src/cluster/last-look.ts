import { forget, type Remains, remains } from "../supervise/index.ts";
import { folded } from "../words/names.ts";
import { several } from "../words/numbers.ts";
import type { ReceiptRow } from "./events.ts";
import { type Fleet, userError, whyOf } from "./fleet.ts";
import { stateDirOf } from "./look.ts";
import type { Run } from "./run.ts";
import type { Known } from "./standing.ts";
import { finding } from "./verb.ts";

export interface Row extends ReceiptRow {
  readonly clean: boolean;
  readonly remains?: Remains;
  readonly why?: string;
}

/** The last look: what is still there is named, where nothing is the node's state goes too. */
export async function lastLook(known: Known, fleet: Fleet, run: Run): Promise<{ text: string; rows: readonly Row[] }> {
  const outcomes = await fleet.on(async (session, node) => {
    const stateDir = stateDirOf(known, node);
    const seen = await remains(session, { stateDir }, fleet.scripts, run.signal);
    if (seen.processes.length + seen.ports.length > 0) return seen;
    return { ...seen, files: await forget(session, { stateDir }, fleet.scripts, run.signal), sharedMemory: [] };
  });
  run.signal.throwIfAborted();
  const rows = outcomes.map((one) =>
    one.ok ? rowOf(one.node, one.value) : { ...UNKNOWN, node: one.node, why: whyOf(userError(one.error)) },
  );
  for (const row of rows) sayLeft(row, run);
  const left = rows.filter(({ clean }) => !clean);
  return {
    text:
      left.length === 0
        ? "two scans in a row found nothing"
        : `${several(left.length, "node")} not clean: ${folded(left.map(({ node }) => node))}`,
    rows,
  };
}

const UNKNOWN = {
  processes: null,
  ports: null,
  deviceMemory: null,
  sharedMemory: null,
  files: null,
  clean: false,
} as const;

function rowOf(node: string, seen: Remains): Row {
  const [processes, ports, sharedMemory, files] = [
    seen.processes.length,
    seen.ports.length,
    seen.sharedMemory.length,
    seen.files.length,
  ];
  return {
    node,
    processes,
    ports,
    deviceMemory: "-",
    sharedMemory,
    files,
    clean: processes + ports + sharedMemory + files === 0,
    remains: seen,
  };
}

function sayLeft({ node, remains: seen }: Row, run: Run): void {
  const things = [
    ...(seen?.ports ?? []).map((port) => `port ${port}`),
    ...(seen?.sharedMemory ?? []),
    ...(seen?.files ?? []),
  ];
  const alone = (seen?.processes.length ?? 0) === 0;
  if (seen !== undefined && alone && things.length > 0)
    run.emit(
      finding(
        {
          title: `${things.length === 1 ? things[0] : several(things.length, "thing")} could not be removed`,
          where: node,
          ...(things.length > 1 && { why: things.slice(0, 10) }),
          do: [`look whose it is on ${node}, then pdctl down`],
        },
        "left-over",
        { phase: "verify", node },
      ),
    );

  for (const { pid, command, service } of seen?.processes ?? [])
    run.emit(
      finding(
        {
          title: `${command} (pid ${pid}) outlived SIGKILL`,
          where: `${node}, of ${service}`,
          do: [`look at it on ${node}: it may hang in a device driver`],
        },
        "left-over",
        { phase: "verify", node, service },
      ),
    );
}
