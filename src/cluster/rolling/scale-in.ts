import { UserError } from "../../errors.ts";
import { writeState } from "../../supervise/index.ts";
import { folded } from "../../words/names.ts";
import { several } from "../../words/numbers.ts";
import { STOP_ORDER, type StandingService, stopPhaseOf, stopThem } from "../down/take-down.ts";
import { Fleet } from "../fleet/fleet.ts";
import { Hold } from "../fleet/hold.ts";
import { sayBegin } from "../run/begin.ts";
import { NodeErrors } from "../run/node-errors.ts";
import { phase } from "../run/phase.ts";
import { Pulse, pulsing } from "../run/pulse.ts";
import type { Run } from "../run/run.ts";
import { type Closing, Ended, finding, verb } from "../run/verb.ts";
import type { Answering } from "../smoke/witness.ts";
import { located, look, stateDirOf } from "../standing/look.ts";
import { lessOf } from "../standing/node-state.ts";
import { selected } from "../standing/select.ts";
import type { Known, Standing } from "../standing/standing.ts";
import { drain } from "./drain.ts";
import { without } from "./endpoints.ts";
import { Gateway } from "./gateway.ts";
import { ownedNow } from "./roll.ts";

export interface ScaleInAsk {
  /** Roles, instances, engines, side services, and folded sets of them. */
  readonly what: readonly string[];
  readonly drainMs: number;
  readonly graceMs?: number;
  readonly waitLockMs: number;
}

/** Stops part of a cluster while the rest serves on: the proxy lets it alone, it ends what it has, it stops. */
export async function scaleIn(known: Known, ask: ScaleInAsk, run: Run): Promise<number> {
  run.about(known.cluster, 0);
  const pulse = new Pulse();
  const watched = pulsing(run, pulse);
  const fleet = new Fleet(known.nodes, watched);
  const left = () => ({ state: "unknown" as const, next: ["pdctl status"] });
  try {
    return await verb(run, "down", { not: "is left as it is", left }, () => shrink(known, ask, fleet, watched));
  } finally {
    pulse.stop();
    await fleet.close();
  }
}

async function shrink(known: Known, ask: ScaleInAsk, fleet: Fleet, run: Run): Promise<Closing> {
  await fleet.open();
  const [anchor] = fleet.reached;
  if (anchor === undefined) throw new NodeErrors(fleet.failed, fleet.nodes.length);
  const hold = { cluster: known.cluster, anchor, nodes: fleet.reached, verb: "down", waitMs: ask.waitLockMs };
  const held = await Hold.take(hold, fleet, run);
  try {
    const there = await located(known, fleet, run);
    const standing = await look(there, fleet, run, { ready: false });
    run.about(known.cluster, standing.generation);
    const going = chosen(standing, ask.what);
    whole(going, standing);
    held.about(going[0]?.spec.planHash ?? "");
    sayBegin("down", going, new Set(going.map(({ node }) => node)).size, run);
    await leave(going, { there, standing, ask, held }, fleet, run);
    return gone(going);
  } finally {
    await held.release();
  }
}

function gone(going: readonly StandingService[]): Closing {
  const groups = folded([...new Set(going.map(({ spec }) => spec.group))]);
  return {
    exit: 0,
    state: "healthy",
    verdict: `has let go of ${groups}: ${several(going.length, "service")} stopped, the rest serves on`,
    next: ["pdctl status", "pdctl up"],
    nextWhy: { "pdctl up": `starts ${groups} again, where the topology still has it` },
  };
}

/** Whole groups: no rank of one can be taken away alone. */
function chosen(standing: Standing, what: readonly string[]): readonly StandingService[] {
  const alive = standing.services.filter(({ state }) => state.state === "alive");
  const groups = new Set(selected(alive, what).map(({ spec }) => spec.group));
  const going = alive.filter(({ spec }) => groups.has(spec.group));
  if (going.length === 0)
    throw new UserError("usage", {
      what: `nothing that runs of ${standing.cluster} is called ${what.join(", ")}; there is ${folded([...new Set(alive.map(({ spec }) => spec.group))]) || "nothing"}`,
      next: "pdctl status",
    });
  if (going.length === alive.length)
    throw new UserError("usage", { what: `that is all that runs of ${standing.cluster}`, next: "pdctl down" });
  return going;
}

/** A group of which a part cannot be reached is left alone: that part would run on, and nobody knows how. */
function whole(going: readonly StandingService[], { services, nodes }: Standing): void {
  const groups = new Set(going.map(({ spec }) => spec.group));
  const silent = new Map(nodes.filter(({ state }) => state !== "reached").map(({ node, why }) => [node, why]));
  const note = services.find(({ spec }) => spec.kind === "proxy")?.spec.note;
  const away = ((note?.engines ?? []) as readonly Answering[]).find(
    (one) => groups.has(one.group) && silent.has(one.node),
  );
  if (away === undefined) return;
  throw new Ended({
    exit: 5,
    state: "unknown",
    verdict: `is left as it is · ${away.service} is on ${away.node}, which does not answer: ${silent.get(away.node) ?? "no answer"}`,
    next: ["pdctl status"],
  });
}

interface Leaving {
  readonly there: Known;
  readonly standing: Standing;
  readonly ask: ScaleInAsk;
  readonly held: Hold;
}

async function leave(
  going: readonly StandingService[],
  { there, standing, ask, held }: Leaving,
  fleet: Fleet,
  run: Run,
): Promise<void> {
  const stateDir = (node: string) => stateDirOf(there, node);
  const away = new Set(going.flatMap(({ spec }) => (spec.kind === "engine" ? [spec.group] : [])));
  const gateway = await Gateway.of(standing, stateDir, fleet, run);
  const proxyGoes = going.some(({ spec }) => spec.kind === "proxy");
  if (away.size > 0 && !proxyGoes) await tell(gateway, away, { stateDir, standing, ask, held }, fleet, run);
  for (const order of STOP_ORDER) {
    const mine = going.filter((one) => stopPhaseOf(one) === order);
    if (mine.length === 0) continue;
    await phase(run, order, async () => {
      await held.sure({ stateDir, generation: standing.generation });
      const grace = ask.graceMs === undefined ? {} : { graceMs: ask.graceMs };
      const stopped = await stopThem(mine, fleet, run, { stateDir, ...grace });
      const names = stopped.filter(({ state }) => state !== "gone").map(({ service }) => service);
      if (names.length > 0) throw remains(names, run);
      return { text: `${folded(mine.map(({ spec }) => spec.service))} stopped` };
    });
  }
  const state = lessOf(standing, new Set(going.map(({ spec }) => spec.service)), there, run);
  await fleet.all(
    (session, node) => writeState(session, { stateDir: stateDir(node), state }, fleet.scripts, run.signal),
    standing.owners.map(({ node }) => node), // those that have a state of it
  );
}

interface Telling {
  readonly stateDir: (node: string) => string;
  readonly standing: Standing;
  readonly ask: ScaleInAsk;
  readonly held: Hold;
}

async function tell(
  gateway: Gateway | undefined,
  away: ReadonlySet<string>,
  { stateDir, standing, ask, held }: Telling,
  fleet: Fleet,
  run: Run,
): Promise<void> {
  const all = gateway === undefined ? [] : ownedNow(gateway);
  const [dark] = gateway === undefined ? ["engine"] : without(all, away).outage;
  if (dark !== undefined) {
    const why =
      gateway === undefined
        ? "the proxy cannot be told: it goes on choosing what stops"
        : `no ${dark} is left: requests fail from then on`;
    run.emit({ ...finding({ title: why, do: ["pdctl up"] }, "outage", { phase: "proxy" }), level: "warning" });
    if (!(await run.confirm(`Stop ${folded([...away])}?`)))
      throw new Ended({
        exit: 8,
        state: "unknown",
        verdict: "is left as it is · the answer was no",
        next: ["pdctl status"],
      });
  }
  if (gateway === undefined) return;
  await phase(run, "proxy", async () => {
    await held.sure({ stateDir, generation: standing.generation });
    const { content } = gateway;
    await drain(gateway, { all, away, content, limitMs: ask.drainMs, phase: "proxy" }, fleet, run);
    return { text: `lets ${folded([...away])} alone` };
  });
}

function remains(names: readonly string[], run: Run): Ended {
  run.emit(finding({ title: `${folded(names)} did not stop`, do: ["pdctl status"] }, "left-over"));
  return new Ended({
    exit: 5,
    state: "unknown",
    verdict: `has still ${folded(names)}`,
    next: ["pdctl status", "pdctl down"],
  });
}
