import { forget, type Remains, remains } from "../../supervise/index.ts";
import { folded } from "../../words/names.ts";
import { several, size } from "../../words/numbers.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { userError, whyOf } from "../run/node-errors.ts";
import type { Run } from "../run/run.ts";
import { finding } from "../run/verb.ts";
import { stateDirOf } from "../standing/look.ts";
import type { Known } from "../standing/standing.ts";
import type { ReceiptRow } from "./data.ts";
import { type DeviceMemory, deviceMemory } from "./device-memory.ts";

/** What one node was seen to hold. */
type Seen = Remains & { readonly memory: DeviceMemory };

export interface Row extends ReceiptRow {
  readonly clean: boolean;
  readonly remains?: Seen;
  readonly why?: string;
}

/** The last look: what is still there is named, where nothing is the node's state goes too. */
export async function lastLook(known: Known, fleet: Fleet, run: Run): Promise<{ text: string; rows: readonly Row[] }> {
  const outcomes = await fleet.on(async (session, node) => {
    const stateDir = stateDirOf(known, node);
    const seen = await remains(session, { stateDir }, fleet.scripts, run.signal);
    const memory = await deviceMemory(session, seen, run);
    if (seen.processes.length + seen.ports.length + memory.more.size > 0) return { ...seen, memory }; // the next down looks again
    const files = await forget(session, { stateDir }, fleet.scripts, run.signal);
    return { ...seen, files, sharedMemory: [], memory };
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

function rowOf(node: string, seen: Seen): Row {
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
    deviceMemory: seen.memory.text,
    sharedMemory,
    files,
    clean: processes + ports + sharedMemory + files === 0 && seen.memory.more.size === 0 && seen.memory.text !== null,
    remains: seen,
  };
}

function sayLeft({ node, remains: seen }: Row, run: Run): void {
  const things = [
    ...(seen?.ports ?? []).map((port) => `port ${port}`),
    ...(seen?.sharedMemory ?? []),
    ...(seen?.files ?? []),
  ];
  for (const [device, mib] of seen?.memory.more ?? [])
    run.emit(
      finding(
        {
          title: `device ${device} has ${size(mib * 2 ** 20)} more in use than before up`,
          where: node,
          cause: "no process of the cluster is left that could hold it",
          do: [`look at it with the device's own tool on ${node}; a driver reset or a reboot is yours to decide`],
        },
        "left-over",
        { phase: "verify", node },
      ),
    );
  const alone = (seen?.processes.length ?? 0) + (seen?.memory.more.size ?? 0) === 0; // else the files are kept on purpose
  if (seen !== undefined && alone && things.length > 0)
    run.emit(
      finding(
        {
          title: `${things.length === 1 ? things[0] : several(things.length, "thing")} could not be removed`,
          where: node,
          ...(things.length > 1 && { why: things.slice(0, 10) }),
          do: [
            `look on ${node} whose it is, and what lies in it: a container may have written there as root. Then pdctl down`,
          ],
        },
        "left-over",
        { phase: "verify", node },
      ),
    );

  for (const { pid, command, service, stuck } of seen?.processes ?? [])
    run.emit(
      finding(
        {
          title: `${command} (pid ${pid}) outlived SIGKILL`,
          where: `${node}, of ${service}`,
          ...(stuck && { cause: "in uninterruptible sleep: in a device driver, or waiting for a file server" }),
          do: [
            stuck
              ? `look at the device's own tool on ${node}; a driver reset or a reboot is yours to decide`
              : `look at it on ${node}, then pdctl down`,
          ],
        },
        "left-over",
        { phase: "verify", node, service },
      ),
    );
}
