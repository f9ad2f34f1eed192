import path from "node:path";
import { folded } from "../../words/names.ts";
import { several } from "../../words/numbers.ts";
import { Fleet } from "../fleet/fleet.ts";
import { Hold } from "../fleet/hold.ts";
import { sayBegin } from "../run/begin.ts";
import { NodeErrors } from "../run/node-errors.ts";
import { Pulse, pulsing } from "../run/pulse.ts";
import type { Run } from "../run/run.ts";
import { type Closing, verb } from "../run/verb.ts";
import { runningRequests } from "../serving/running-requests.ts";
import type { Answering } from "../smoke/witness.ts";
import { theseOf } from "../standing/known.ts";
import { joined, located, look, stateDirOf } from "../standing/look.ts";
import { respectOwner } from "../standing/owner.ts";
import type { Known, Standing } from "../standing/standing.ts";
import { writeReceipt } from "./receipt.ts";
import { type TakenDown, takeDown } from "./take-down.ts";

export interface DownAsk {
  readonly graceMs?: number;
  readonly discardLogs: boolean;
  /** Nodes that will not come back: they leave the list without having been asked. */
  readonly forget: readonly string[];
  readonly waitLockMs: number;
  /** Whatever still runs is given up without a question. */
  readonly yes?: boolean;
  /** Also another user's. */
  readonly adopt?: boolean;
}

/** Stops everything, leaves nothing, hands out a receipt. A node that does not answer is unknown, never gone. */
export async function down(known: Known, ask: DownAsk, run: Run): Promise<number> {
  const forgotten = theseOf(known, ask.forget);
  const asked = { ...known, nodes: known.nodes.filter((one) => !forgotten.includes(one)) };
  run.about(known.cluster, 0);
  const pulse = new Pulse();
  const watched = pulsing(run, pulse);
  const fleet = new Fleet(asked.nodes, watched);
  const left = () => ({ state: "unknown" as const, next: ["pdctl status", "pdctl down"] });
  try {
    return await verb(run, "down", { not: "is not taken down", left }, () => descend(asked, ask, fleet, watched));
  } finally {
    pulse.stop();
    await fleet.close();
  }
}

async function descend(known: Known, ask: DownAsk, fleet: Fleet, run: Run): Promise<Closing> {
  await fleet.open();
  const [first] = fleet.reached;
  if (first === undefined && fleet.nodes.length > 0) {
    sayBegin("down", [], known.nodes.length, run);
    throw new NodeErrors(fleet.failed, fleet.nodes.length);
  }
  const { cluster } = known;
  const hold = { cluster, nodes: fleet.reached, verb: "down", waitMs: ask.waitLockMs };
  const held = first === undefined ? undefined : await Hold.take({ ...hold, anchor: first }, fleet, run);
  try {
    const { there, standing } = await whole(await located(known, fleet, run), ask, held, fleet, run);
    run.about(known.cluster, standing.generation);
    respectOwner(standing, ask.adopt === true, run);
    held?.about(standing.services[0]?.spec.planHash ?? "");
    if (ask.yes !== true && !(await agreed(standing, fleet, run))) return leftAlone;
    const sure = { stateDir: (node: string) => stateDirOf(there, node), generation: standing.generation };
    sayBegin("down", standing.services, standing.nodes.length, run);
    const taken = await takeDown(there, standing, fleet, run, {
      pull: ask.discardLogs ? undefined : path.join(run.stateHome, known.cluster),
      aloud: standing.services.length > 0,
      sure: async () => held?.sure(sure),
      ...(ask.graceMs !== undefined && { graceMs: ask.graceMs }),
    });
    return await closing(standing, taken, run);
  } finally {
    await held?.release();
  }
}

/** What the nodes list, also on those that the topology does not name any more. */
async function whole(
  known: Known,
  { forget }: DownAsk,
  held: Hold | undefined,
  fleet: Fleet,
  run: Run,
): Promise<{ there: Known; standing: Standing }> {
  const seen = await look(known, fleet, run, { ready: false });
  const there = await joined(known, seen, fleet, { except: forget });
  if (there === known) return { there, standing: seen };
  const before = new Set(known.nodes.map(({ node }) => node));
  await held?.also(fleet.reached.filter((node) => !before.has(node)));
  return { there, standing: await look(there, fleet, run, { ready: false }) };
}

/** Asks only where there is something to lose. */
async function agreed(standing: Standing, fleet: Fleet, run: Run): Promise<boolean> {
  const requests = await runningRequests(standing, fleet, run.signal);
  if (requests === 0) return true;
  const are = requests === 1 ? "is" : "are";
  return run.confirm(`${several(requests, "request")} ${are} running. Take ${standing.cluster} down?`);
}

const leftAlone: Closing = {
  exit: 8,
  state: "healthy",
  verdict: "is left as it is",
  untimed: true,
  next: ["pdctl down"],
};

async function closing(standing: Standing, taken: TakenDown, run: Run): Promise<Closing> {
  const [asked, clean] = [taken.rows.length, taken.rows.filter((row) => row.clean).length];
  if (taken.clean && standing.services.length === 0)
    return {
      exit: 0,
      state: "gone",
      verdict: `nothing to take down: ${clean} of ${asked} ${asked === 1 ? "node" : "nodes"} asked, nothing of ${standing.cluster} is left`,
      untimed: true,
      next: [],
    };
  const file = await writeReceipt(standing, taken, run);
  const rows = taken.rows.map(({ node, processes, ports, deviceMemory, sharedMemory, files }) => ({
    node,
    processes,
    ports,
    deviceMemory,
    sharedMemory,
    files,
  }));
  run.emit({ type: "receipt", phase: "verify", level: taken.clean ? "info" : "warning", data: { nodes: rows, file } });
  const gone = `is gone from ${clean} of ${asked} ${asked === 1 ? "node" : "nodes"}`;
  if (taken.clean) return { exit: 0, state: "gone", verdict: gone, receipt: file, next: [] };
  const silent = taken.rows.filter(({ processes }) => processes === null);
  const dirty = taken.rows.filter((row) => !row.clean && row.processes !== null).map(({ node }) => node);
  const names = folded(silent.map(({ node }) => node));
  const words = [
    ...(silent.length > 0 ? [`${names} unknown: ${silent[0]?.why ?? "no answer"}`] : []),
    ...(dirty.length > 0 ? [`${folded(dirty)} has left-overs`] : []),
  ];
  return {
    exit: 5,
    state: "unknown",
    verdict: `${gone} · ${words.join(" · ")}`,
    ...(silent.length > 0 && { then: mayRun(standing, new Set(silent.map(({ node }) => node)), names) }),
    receipt: file,
    next: silent.length > 0 ? ["pdctl down", `pdctl down --forget ${names}`] : ["pdctl down"],
    nextWhy:
      silent.length > 0
        ? {
            "pdctl down": `when ${names} answers; does only what is left`,
            [`pdctl down --forget ${names}`]: "if it will not come back",
          }
        : {},
  };
}

/** The proxy's record names the engines of nodes that are silent now. */
function mayRun({ services }: Standing, silent: ReadonlySet<string>, names: string): string {
  const note = services.find(({ spec }) => spec.kind === "proxy")?.spec.note;
  const there = ((note?.engines ?? []) as readonly Answering[]).filter(({ node }) => silent.has(node));
  return there.length === 0
    ? `what was started on ${names} may still run there`
    : `${folded(there.map(({ service }) => service))} may still run there`;
}
