import path from "node:path";
import { folded } from "../report/names.ts";
import { lock } from "../supervise/index.ts";
import { Fleet, NodeErrors } from "./fleet.ts";
import { forgetKnown } from "./known.ts";
import { located } from "./look.ts";
import { writeReceipt } from "./receipt.ts";
import type { Run } from "./run.ts";
import type { Known } from "./standing.ts";
import { type TakenDown, takeDown } from "./take-down.ts";
import { type Closing, verb } from "./verb.ts";

export interface DownAsk {
  readonly graceMs?: number;
  readonly discardLogs: boolean;
  /** Nodes that will not come back: they leave the list without having been asked. */
  readonly forget: readonly string[];
  readonly waitLockMs: number;
}

/** Stops everything, leaves nothing, hands out a receipt. A node that does not answer is unknown, never gone. */
export async function down(known: Known, ask: DownAsk, run: Run): Promise<number> {
  const asked = { ...known, nodes: known.nodes.filter(({ node }) => !ask.forget.includes(node)) };
  run.about(known.cluster, 0);
  const fleet = new Fleet(asked.nodes, run);
  const left = () => ({ state: "unknown" as const, next: ["pdctl status", "pdctl down"] });
  try {
    return await verb(run, "down", { not: "is not taken down", left }, () => descend(asked, ask, fleet, run));
  } finally {
    await fleet.close();
  }
}

async function descend(known: Known, ask: DownAsk, fleet: Fleet, run: Run): Promise<Closing> {
  run.emit({
    type: "start",
    level: "info",
    data: { verb: "down", version: run.version, plan: null, services: 0, engines: 0, nodes: known.nodes.length },
  });
  await fleet.open();
  if (fleet.reached.length === 0 && fleet.nodes.length > 0) throw new NodeErrors(fleet.failed, fleet.nodes.length);
  const [first] = fleet.reached;
  const holder = { owner: run.owner, verb: "down", since: new Date().toISOString(), pid: process.pid };
  const held =
    first === undefined
      ? undefined
      : await lock(
          fleet.session(first),
          { cluster: known.cluster, holder, waitMs: ask.waitLockMs },
          fleet.scripts,
          run.signal,
        );
  try {
    const there = await located(known, fleet, run);
    const pull = ask.discardLogs ? undefined : path.join(run.stateHome, known.cluster);
    const taken = await takeDown(there, fleet, run, {
      pull,
      aloud: true,
      ...(ask.graceMs !== undefined && { graceMs: ask.graceMs }),
    });
    if (ask.forget.length > 0)
      await forgetKnown(
        run.stateHome,
        there,
        taken.rows.filter(({ clean }) => !clean).map(({ node }) => node),
      );
    return await closing(there, taken, run);
  } finally {
    await held?.release();
  }
}

async function closing(known: Known, taken: TakenDown, run: Run): Promise<Closing> {
  const [asked, clean] = [taken.rows.length, taken.rows.filter((row) => row.clean).length];
  if (taken.clean && taken.standing.services.length === 0)
    return {
      exit: 0,
      state: "gone",
      verdict: `nothing to take down: ${clean} of ${asked} ${asked === 1 ? "node" : "nodes"} asked, nothing of ${known.cluster} is left`,
      untimed: true,
      next: [],
    };
  const file = await writeReceipt(known.cluster, taken, run);
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
    ...(silent.length > 0 && { then: `what was started on ${names} may still run there` }),
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
