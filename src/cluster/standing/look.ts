import { Bug } from "../../errors.ts";
import type { Outcome, Session } from "../../nodes/index.ts";
import type { Look } from "../../supervise/index.ts";
import { inspect } from "../../supervise/index.ts";
import type { NodeWord } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { gather } from "../fleet/gather.ts";
import { NodeErrors, userError, whyOf } from "../run/node-errors.ts";
import type { Run } from "../run/run.ts";
import type { Known, Standing, StandingNode } from "./standing.ts";

/**
 * What a verb over what runs begins with: a session to every node, and what those that answered list. Each is asked as soon as it is
 * reached. `part`: these nodes and no others. Throws when none answered.
 */
export async function opened(
  known: Known,
  fleet: Fleet,
  run: Run,
  ask: { ready: boolean; part?: boolean },
): Promise<{ there: Known; standing: Standing }> {
  const homes = new Map<string, string>();
  const outcomes = await fleet.reach(async (session, node) => {
    const stateDir = await homed(stateDirOf(known, node), session, run);
    homes.set(node, stateDir);
    return inspect(session, { stateDir, ready: ask.ready, others: "" }, fleet.scripts, run.signal);
  });
  if (fleet.reached.length === 0) throw new NodeErrors(fleet.failed, fleet.nodes.length);
  const nodes = known.nodes.map((one) => ({ ...one, stateDir: homes.get(one.node) ?? one.stateDir }));
  const asked = { ...known, nodes };
  const seen = standingOf(asked, outcomes, { beside: false });
  const there = ask.part === true ? asked : await joined(asked, seen, fleet);
  const standing = there === asked ? seen : await look(there, fleet, run, ask);
  run.about(known.cluster, standing.generation);
  return { there, standing };
}

/** A topology may have changed since the cluster was started: nodes that only its own state names are asked as well. */
export async function joined(
  known: Known,
  { members = [] }: Standing,
  fleet: Fleet,
  { except = [] }: { except?: readonly string[] } = {},
): Promise<Known> {
  const has = (node: string, host: string) => known.nodes.some((one) => one.node === node || one.host === host);
  const missing = members.filter(({ node, host }) => host !== "local" && !has(node, host) && !except.includes(node));
  if (missing.length === 0) return known;
  await fleet.join(missing);
  return { ...known, nodes: [...known.nodes, ...missing] };
}

/** Asks every node for its own state of the cluster; `beside`: and of other clusters there. A node that does not answer is in the list as what it is. */
export async function look(
  known: Known,
  fleet: Fleet,
  run: Run,
  { ready, beside = false }: { ready: boolean; beside?: boolean },
): Promise<Standing> {
  const others = beside ? known.cluster : "";
  const outcomes = await fleet.on((session, node) =>
    inspect(session, { stateDir: stateDirOf(known, node), ready, others }, fleet.scripts, run.signal),
  );
  run.signal.throwIfAborted();
  return standingOf(known, outcomes, { beside });
}

function standingOf(known: Known, outcomes: readonly Outcome<Look>[], { beside }: { beside: boolean }): Standing {
  const looks = outcomes.flatMap((one) => (one.ok ? [[one.node, one.value] as const] : []));
  const states = looks.flatMap(([, { state }]) => (state === null ? [] : [state]));
  const started = looks.flatMap(([, { found }]) => found.map(({ spec }) => spec.generation));
  const generation = Math.max(0, ...states.map((state) => state.generation), ...started);
  const newest = states.find((state) => state.generation === generation);
  const [lease] = looks
    .flatMap(([, one]) => (one.lease === undefined ? [] : [one.lease]))
    .toSorted((a, b) => a.leftMs - b.leftMs);
  const gaveUp = looks.flatMap(([, one]) => one.gaveUp ?? []);
  return {
    cluster: known.cluster,
    generation,
    planned: newest?.planned ?? [],
    ...(newest?.nodes && { members: newest.nodes }),
    owners: looks.flatMap(([node, { state }]) => (state === null ? [] : [{ node, owner: state.owner }])),
    nodes: outcomes.map((one) => (one.ok ? reached(one.node, one.value) : away(one.node, one.error))),
    services: looks.flatMap(([node, { found }]) => found.map((one) => ({ ...one, node }))),
    ...(lease && { lease }),
    ...(gaveUp.length > 0 && { gaveUp }),
    ...(beside && { others: looks.flatMap(([node, look]) => look.others.map((one) => ({ ...one, node }))) }),
  };
}

function reached(node: string, { unreadable }: Look): StandingNode {
  const [first] = unreadable;
  return { node, state: "reached", ...(first !== undefined && { why: `${first.runDir}: ${first.why}` }) };
}

function away(node: string, error: unknown): StandingNode {
  const said = userError(error);
  const { code } = said;
  const state: NodeWord = code.startsWith("node.host-key") || code === "node.login-refused" ? "refused" : "unreachable";
  return { node, state, why: whyOf(said) };
}

export function stateDirOf(known: Known, node: string): string {
  const one = known.nodes.find((entry) => entry.node === node);
  if (one === undefined) throw new Bug(`${node} is not a node of ${known.cluster}`);
  return one.stateDir;
}

/** Where a topology alone does not say it, the nodes know their home: `<fact:home@N>` becomes a path. */
export async function located(known: Known, fleet: Fleet, run: Run): Promise<Known> {
  const open = known.nodes.filter(({ stateDir, node }) => stateDir.includes("<fact:") && fleet.reached.includes(node));
  if (open.length === 0) return known;
  const homes = await fleet.all(
    async (session, node) => homed(stateDirOf(known, node), session, run),
    open.map(({ node }) => node),
  );
  return { ...known, nodes: known.nodes.map((one) => ({ ...one, stateDir: homes.get(one.node) ?? one.stateDir })) };
}

async function homed(stateDir: string, session: Session, run: Run): Promise<string> {
  if (!stateDir.includes("<fact:")) return stateDir;
  const { home } = await gather(session, undefined, run);
  return stateDir.replace(`<fact:home@${session.node}>`, home);
}
