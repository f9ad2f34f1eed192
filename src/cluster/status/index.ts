import { setTimeout as pause } from "node:timers/promises";
import { causesOf, readLog } from "../../diagnose/index.ts";
import { Fleet } from "../fleet/fleet.ts";
import { tailOf } from "../fleet/tail.ts";
import { NodeErrors, userError } from "../run/node-errors.ts";
import type { Run } from "../run/run.ts";
import { gaugesOf } from "../serving/gauges.ts";
import { lastProof } from "../smoke/last-proof.ts";
import { theseOf } from "../standing/known.ts";
import { located, look, opened, stateDirOf } from "../standing/look.ts";
import type { Known, Standing, StatusReport } from "../standing/standing.ts";
import { type Note, reportOf } from "./status-report.ts";

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

const AGAIN_MS = 2_000;

/**
 * The same, again and again, over the connections of the first time; a node that went away is logged in to anew. Ends with the signal.
 * Throws only when no node could be asked the first time.
 */
export async function* statuses(known: Known, { nodes }: StatusAsk, run: Run): AsyncGenerator<StatusReport, void> {
  const asked = { ...known, nodes: nodes.length === 0 ? known.nodes : theseOf(known, nodes) };
  run.about(known.cluster, 0);
  for (let first = true; ; first = false) {
    const fleet = new Fleet(asked.nodes, run);
    try {
      await fleet.open();
      if (first && fleet.reached.length === 0) throw new NodeErrors(fleet.failed, fleet.nodes.length);
      const there = await located(asked, fleet, run);
      for (let well = true; well; ) {
        const standing = await look(there, fleet, run, { ready: true });
        run.about(known.cluster, standing.generation);
        const [last, notes] = await Promise.all([
          proven(there, standing, fleet, run),
          notesOf(there, standing, fleet, run),
        ]);
        yield reportOf(standing, { proven: last, notes, nowMs: Date.now() });
        well = standing.nodes.every(({ state }) => state === "reached");
        await pause(AGAIN_MS, undefined, { signal: run.signal });
      }
    } catch (error) {
      run.signal.throwIfAborted();
      if (first) throw error;
      for (const one of error instanceof NodeErrors ? error.errors : [error]) userError(one); // went away between two questions
    } finally {
      await fleet.close();
    }
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
