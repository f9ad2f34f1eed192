import { causesOf, readLog } from "../diagnose/index.ts";
import { Fleet } from "./fleet.ts";
import { gaugesOf } from "./gauges.ts";
import { theseOf } from "./known.ts";
import { opened, stateDirOf } from "./look.ts";
import type { Run } from "./run.ts";
import { lastProof } from "./smoke/last-proof.ts";
import type { Known, Standing, StatusReport } from "./standing.ts";
import { type Note, reportOf } from "./status-report.ts";
import { tailOf } from "./tail.ts";

export interface StatusAsk {
  /** None: all of them. */
  readonly nodes: readonly string[];
  /** Ask side services what they count, too. */
  readonly gauges?: boolean;
}

/** What runs where, as the nodes say it now. Needs no topology and takes no lock; throws only when no node could be asked. */
export async function status(known: Known, { nodes, gauges = false }: StatusAsk, run: Run): Promise<StatusReport> {
  const asked = nodes.length === 0 ? known.nodes : theseOf(known, nodes);
  const fleet = new Fleet(asked, run);
  run.about(known.cluster, 0);
  try {
    const { there, standing } = await opened({ ...known, nodes: asked }, fleet, run, {
      ready: true,
      part: nodes.length > 0,
    });
    const [last, notes, counted] = await Promise.all([
      proven(there, standing, fleet, run),
      notesOf(there, standing, fleet, run),
      gauges ? gaugesOf(standing, fleet, run.signal) : undefined,
    ]);
    const beside = { proven: last, notes, nowMs: Date.now() };
    return reportOf(standing, counted === undefined ? beside : { ...beside, gauges: counted });
  } finally {
    await fleet.close();
  }
}

async function proven(known: Known, standing: Standing, fleet: Fleet, run: Run) {
  const proxy = standing.services.find(({ spec }) => spec.kind === "proxy");
  if (proxy === undefined) return undefined;
  const last = await lastProof(proxy.node, stateDirOf(known, proxy.node), fleet, run);
  return last?.generation === standing.generation ? last : undefined;
}

const LOG_LINES = 500; // a first error lies near the end of the log of what died

/** Reads the logs of what died, to say why and not only that. */
async function notesOf(known: Known, standing: Standing, fleet: Fleet, run: Run): Promise<ReadonlyMap<string, Note>> {
  const dead = standing.services.filter(({ state }) => state.state === "died" && state.asked !== true);
  const notes = await Promise.all(
    dead.map(async ({ spec: { service, note }, state, node }): Promise<readonly [string, Note][]> => {
      const log = await tailOf(service, node, stateDirOf(known, node), LOG_LINES, fleet, run);
      const { cause, why } = readLog(log, causesOf((note.parts ?? []) as readonly string[]), signalOf(state));
      const says = cause?.says ?? why[0];
      return says === undefined ? [] : [[service, { note: says, code: cause?.id ?? null }]];
    }),
  );
  return new Map(notes.flat());
}

const signalOf = (state: Standing["services"][number]["state"]) => (state.state === "died" ? state.signal : null);
