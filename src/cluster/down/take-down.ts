import path from "node:path";
import { UserError } from "../../errors.ts";
import { type Found, pullLogs, type Stopped, stop } from "../../supervise/index.ts";
import { folded } from "../../words/names.ts";
import { several, size } from "../../words/numbers.ts";
import type { Phase } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { NodeErrors, userError } from "../run/node-errors.ts";
import { phase } from "../run/phase.ts";
import type { Run } from "../run/run.ts";
import { forgetKnown } from "../standing/known.ts";
import { stateDirOf } from "../standing/look.ts";
import type { Known, Standing } from "../standing/standing.ts";
import { lastLook, type Row } from "./last-look.ts";

/** A service as its node lists it. */
export type StandingService = Found & { readonly node: string };

export const STOP_ORDER = ["proxy", "decode", "prefill", "side"] as const;
export type StopPhase = (typeof STOP_ORDER)[number];

/** Traffic first: the proxy, then decode, then prefill, then what they lean on. */
export const stopPhaseOf = ({ spec }: Pick<Found, "spec">): StopPhase =>
  spec.kind === "engine" ? (spec.role ?? "side") : spec.kind;

/**
 * Stops services on their nodes, all nodes at once, and says of each what was seen afterwards. A node that cannot be asked
 * gives "unknown" for all of its services.
 */
export async function stopThem(
  services: readonly StandingService[],
  fleet: Fleet,
  run: Run,
  { stateDir, graceMs }: { stateDir: (node: string) => string; graceMs?: number },
): Promise<readonly (Stopped & { readonly node: string })[]> {
  const nodes = [...new Set(services.map(({ node }) => node))];
  const outcomes = await fleet.on((session, node) => {
    const mine = services.filter((one) => one.node === node);
    const grace = graceMs ?? Math.max(...mine.map(({ spec }) => spec.graceMs));
    return stop(
      session,
      { stateDir: stateDir(node), services: mine.map(({ spec }) => spec.service), graceMs: grace },
      fleet.scripts,
      run.signal,
    );
  }, nodes);
  run.signal.throwIfAborted();
  return outcomes.flatMap((one) => {
    if (one.ok) return one.value.map((stopped) => ({ ...stopped, node: one.node }));
    userError(one.error); // a node that went away is an answer; a bug is not
    return services
      .filter(({ node }) => node === one.node)
      .map(({ spec }) => ({ service: spec.service, state: "unknown" as const, left: [], node: one.node }));
  });
}

export interface TakenDown {
  readonly rows: readonly Row[];
  /** Every node answered and holds nothing of the cluster. */
  readonly clean: boolean;
}

export interface TakeDown {
  /** Directory on the launcher that the logs go to first; undefined: they are not kept. */
  readonly pull: string | undefined;
  readonly graceMs?: number;
  /** Phases are said one by one (`down`) or not at all (the end of a rehearsal). */
  readonly aloud?: boolean;
  /** Awaited before anything is changed on a node: the locks are still ours. */
  readonly sure?: () => Promise<void>;
}

/** Logs, then traffic first, then a last look on every node: the look decides, not the stops. */
export async function takeDown(
  known: Known,
  standing: Standing,
  fleet: Fleet,
  run: Run,
  ask: TakeDown,
): Promise<TakenDown> {
  const said = <T extends { readonly text: string }>(name: Phase, work: () => Promise<T>) =>
    ask.aloud === true ? phase(run, name, work) : work();
  const pull = ask.pull === undefined ? undefined : path.join(ask.pull, String(standing.generation));
  if (pull !== undefined && standing.services.length > 0)
    await said("logs", () => pullAll(known, standing, pull, fleet, run));
  for (const order of STOP_ORDER) {
    const mine = standing.services.filter((one) => stopPhaseOf(one) === order);
    if (mine.length === 0) continue;
    await ask.sure?.();
    await said(order, async () => ({
      text: stoppedText(order, await stopThem(mine, fleet, run, grace(known, ask))),
    }));
  }
  await ask.sure?.();
  const { rows } = await said("verify", () => lastLook(known, fleet, run));
  const left = rows.filter(({ clean }) => !clean);
  await forgetKnown(
    run.stateHome,
    known,
    left.map(({ node }) => node),
  );
  return { rows, clean: left.length === 0 };
}

function grace(known: Known, { graceMs }: TakeDown): { stateDir: (node: string) => string; graceMs?: number } {
  return { stateDir: (node) => stateDirOf(known, node), ...(graceMs !== undefined && { graceMs }) };
}

async function pullAll(
  known: Known,
  standing: Standing,
  to: string,
  fleet: Fleet,
  run: Run,
): Promise<{ text: string }> {
  const nodes = [...new Set(standing.services.map(({ node }) => node))];
  const outcomes = await fleet.on(
    (session, node) => pullLogs(session, { stateDir: stateDirOf(known, node), to }, fleet.scripts, run.signal),
    nodes,
  );
  run.signal.throwIfAborted();
  const errors = outcomes.flatMap((one) => (one.ok ? [] : [onLauncher(one.error, to)]));
  const away = errors.filter(({ code }) => AWAY.has(code)); // the last look says what becomes of them; the others are not kept waiting
  if (away.length < errors.length)
    throw new NodeErrors(
      errors.filter(({ code }) => !AWAY.has(code)),
      nodes.length,
    );
  const logs = outcomes.flatMap((one) => (one.ok ? one.value : []));
  const kept = `${several(logs.length, "log")}, ${size(logs.reduce((sum, { bytes }) => sum + bytes, 0))} to ${to}/`;
  return { text: away.length === 0 ? kept : `${kept}; none of ${several(away.length, "node")} that went away` };
}

const AWAY: ReadonlySet<string> = new Set(["node.lost", "node.silent", "node.unreachable"]);

/** A full disk here is the user's world, and nothing was stopped yet. */
function onLauncher(error: unknown, to: string): UserError {
  if (error instanceof Error && "syscall" in error)
    return new UserError("file.unreadable", {
      file: to,
      why: `${error.message}; or leave the logs out: --discard-logs`,
    });
  return userError(error);
}

/** `4 engines stopped`, `mooncake-master stopped`, `3 of 4 engines stopped, decode-0-2 unknown` */
function stoppedText(order: StopPhase, stopped: readonly Stopped[]): string {
  const gone = stopped.filter(({ state }) => state === "gone");
  const rest = (["left", "unknown"] as const).flatMap((state) => {
    const names = stopped.filter((one) => one.state === state).map(({ service }) => service);
    return names.length === 0 ? [] : [`${folded(names)} ${state === "left" ? "still there" : "unknown"}`];
  });
  const engines = order === "prefill" || order === "decode";
  const what = engines
    ? rest.length === 0
      ? several(gone.length, "engine")
      : `${gone.length} of ${several(stopped.length, "engine")}`
    : folded(gone.map(({ service }) => service));
  const text = gone.length === 0 ? [] : [order === "proxy" ? "stopped" : `${what} stopped`];
  return [...text, ...rest].join(", ");
}
