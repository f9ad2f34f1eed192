import { end, traces } from "../../supervise/index.ts";
import { folded } from "../../words/names.ts";
import { several } from "../../words/numbers.ts";
import { devicesOf } from "../fleet/devices.ts";
import { Fleet } from "../fleet/fleet.ts";
import { Hold } from "../fleet/hold.ts";
import { NodeErrors, userError, whyOf } from "../run/node-errors.ts";
import { Pulse, pulsing } from "../run/pulse.ts";
import type { Run } from "../run/run.ts";
import { type Closing, verb } from "../run/verb.ts";
import { located, stateDirOf } from "../standing/look.ts";
import type { Known } from "../standing/standing.ts";
import type { OrphanData } from "./data.ts";
import { type Judged, judgeNode } from "./judge.ts";

export interface OrphansAsk {
  /** Ends what is proven to be pdctl's and this user's; nothing else, ever. */
  readonly kill: boolean;
  readonly graceMs: number;
  readonly waitLockMs: number;
  /** Ports of the plan, by node; empty: no plan is known. */
  readonly ports: ReadonlyMap<string, readonly number[]>;
}

/** Finds engines of former runs, and who else is in a cluster's way, on its nodes. Looking takes no lock, ending does. */
export async function orphans(known: Known, ask: OrphansAsk, run: Run): Promise<number> {
  run.about(known.cluster, 0);
  const pulse = new Pulse();
  const watched = pulsing(run, pulse);
  const fleet = new Fleet(known.nodes, watched);
  const left = () => ({ state: "unknown" as const, next: ["pdctl orphans"] });
  try {
    return await verb(run, "orphans", { not: "was not looked through", left }, () =>
      search(known, ask, fleet, watched),
    );
  } finally {
    pulse.stop();
    await fleet.close();
  }
}

async function search(known: Known, ask: OrphansAsk, fleet: Fleet, run: Run): Promise<Closing> {
  await fleet.open();
  if (fleet.reached.length === 0) throw new NodeErrors(fleet.failed, fleet.nodes.length);
  const found = await lookAt(known, ask, fleet, run);
  for (const { row } of found) say(row, run);
  const mine = found.filter(({ row }) => row.kind === "orphan");
  const pids = mine.flatMap(({ processes }) => processes);
  if (!ask.kill || mine.length === 0) return closing(found, known, fleet);
  const nodes = [...new Set(mine.map(({ row }) => row.node))];
  const question = `End ${several(pids.length, "process", "processes")} of ${several(mine.length, "orphan")} on ${folded(nodes)}?`;
  if (!(await run.confirm(question))) return closing(found, known, fleet);
  return closing(await kill(found, nodes, known, ask, fleet, run), known, fleet);
}

const say = (row: OrphanData, run: Run) => {
  const level = row.state === "ended" ? "info" : row.kind === "cluster" ? "note" : "warning";
  run.emit({ type: "orphan", level, node: row.node, data: row });
};

async function lookAt(known: Known, { ports }: OrphansAsk, fleet: Fleet, run: Run): Promise<readonly Judged[]> {
  const outcomes = await fleet.on(async (session, node) => {
    const devices = await devicesOf(session, run);
    const pids = [...new Set(devices.flatMap(({ holders }) => holders.map(({ pid }) => pid)))];
    const asked = { cluster: known.cluster, ports: ports.get(node) ?? [] };
    return judgeNode(node, await traces(session, { ...asked, pids }, fleet.scripts, run.signal), devices, asked);
  });
  run.signal.throwIfAborted();
  for (const one of outcomes) if (!one.ok && fleet.reached.includes(one.node)) throw userError(one.error);
  return outcomes.flatMap((one) => (one.ok ? one.value : []));
}

async function kill(
  found: readonly Judged[],
  nodes: readonly string[],
  known: Known,
  { graceMs, waitLockMs }: OrphansAsk,
  fleet: Fleet,
  run: Run,
): Promise<readonly Judged[]> {
  const [anchor = ""] = nodes;
  const hold = { cluster: known.cluster, anchor, nodes, verb: "orphans --kill", waitMs: waitLockMs };
  const held = await Hold.take(hold, fleet, run);
  try {
    const there = await located(known, fleet, run);
    const outcomes = await fleet.all(async (session, node) => {
      const mine = found.filter(({ row }) => row.node === node && row.kind === "orphan");
      const processes = mine.flatMap((one) => one.processes);
      const left = await end(
        session,
        { processes, graceMs, stateDir: stateDirOf(there, node) },
        fleet.scripts,
        run.signal,
      );
      return new Set(left.map(({ pid }) => pid));
    }, nodes);
    return found.map((one) => {
      const left = outcomes.get(one.row.node);
      if (one.row.kind !== "orphan" || left === undefined) return one;
      const state = one.row.pids.some((pid) => left.has(pid)) ? ("left" as const) : ("ended" as const);
      const row = { ...one.row, state };
      say(row, run);
      return { ...one, row };
    });
  } finally {
    await held.release();
  }
}

function closing(found: readonly Judged[], known: Known, fleet: Fleet): Closing {
  const of = (test: (row: OrphanData) => boolean) => found.filter(({ row }) => test(row)).length;
  const lives = of(({ kind, state }) => kind === "orphan" && state !== "ended");
  const [ended, foreign, strangers] = [
    of(({ state }) => state === "ended"),
    of(({ kind }) => kind === "foreign"),
    of(({ kind }) => kind === "stranger"),
  ];
  const silent = fleet.nodes.flatMap((node) => {
    const error = fleet.errorOf(node);
    return error === undefined ? [] : [{ node, why: whyOf(error) }];
  });
  const words = [
    lives > 0 ? several(lives, "orphan") : ended > 0 ? `${several(ended, "orphan")} ended` : "no orphans",
    ...(lives > 0 && ended > 0 ? [`${ended} ended`] : []),
    ...(foreign > 0 ? [`${several(foreign, "orphan")} of other users`] : []),
    ...(strangers > 0 ? [`${several(strangers, "process", "processes")} not pdctl's in the way`] : []),
    `${fleet.reached.length} of ${several(fleet.nodes.length, "node")} asked`,
    ...(silent.length > 0 ? [`${folded(silent.map(({ node }) => node))} unknown: ${silent[0]?.why}`] : []),
  ];
  const others = found.flatMap(({ row }) => {
    const host = known.nodes.find(({ node }) => node === row.node)?.host;
    return row.kind === "cluster" ? [`pdctl down --cluster ${row.cluster} --host ${host}`] : [];
  });
  return {
    exit: lives + foreign + strangers + silent.length > 0 ? 5 : 0,
    state: "unknown",
    verdict: words.join(" · "),
    next: [...(lives > 0 ? ["pdctl orphans --kill"] : []), ...others.slice(0, 1)],
  };
}
