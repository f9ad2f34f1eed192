import type { Facts } from "../../facts/index.ts";
import { s03 } from "../../plan/facts/rules/address.ts";
import { withSeenImages } from "../../plan/lists/images.ts";
import type { Plan } from "../../plan/plan.ts";
import { runRules } from "../../topology/index.ts";
import { folded } from "../../words/names.ts";
import { several } from "../../words/numbers.ts";
import { compare, type Delta } from "../changes/changes.ts";
import { check, say } from "../check/judged.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { gatherFacts } from "../fleet/gather.ts";
import { Gateway } from "../rolling/gateway.ts";
import type { Run } from "../run/run.ts";
import { Ended, finding } from "../run/verb.ts";
import { knownClusters, knownOf, remember } from "../standing/known.ts";
import { joined, look, stateDirOf } from "../standing/look.ts";
import { respectOwner } from "../standing/owner.ts";
import { chosenGroups } from "../standing/select.ts";
import type { Known, Standing } from "../standing/standing.ts";
import type { UpAsk } from "./ask.ts";
import type { Former } from "./former.ts";
import { ownNode } from "./own-node.ts";

/** What `up` knows once it has asked the nodes: the plan with their facts, what runs already, and what separates the two. */
export interface Survey {
  readonly plan: Plan;
  readonly facts: readonly Facts[];
  readonly known: Known;
  /** Nodes of `known` that the plan does not name any more: those of this launcher's index, and those that the nodes themselves list. */
  readonly former: readonly Former[];
  readonly standing: Standing;
  /** The proxy that runs, where it can be told what changes. */
  readonly gateway: Gateway | undefined;
  readonly delta: Delta;
  /** Groups that the user told to restart; undefined: whatever differs. */
  readonly chosen: ReadonlySet<string> | undefined;
  /** The phase's one line. */
  readonly text: string;
}

/**
 * Asks every node, plans with the answers, and refuses what must not be started. Changes nothing on any node.
 * @param remembered  nodes of this launcher's index that the plan does not name
 * @param lock        called for nodes that are met only now: another launcher started the cluster there
 */
export async function survey(
  provisional: Plan,
  ask: UpAsk,
  remembered: readonly Former[],
  lock: (nodes: readonly string[]) => Promise<void>,
  fleet: Fleet,
  run: Run,
): Promise<Survey> {
  const facts = await gatherFacts(provisional, fleet, run);
  const { plan: bare, findings } = ask.plan(facts);
  const plan = withSeenImages(bare, facts);
  const errors = findings.filter(({ level }) => level === "error");
  for (const { code, level, title, remedy } of errors)
    run.emit({ type: "finding", phase: "check", level, code, data: { title, do: remedy } });
  if (errors.length > 0)
    throw refused(3, "is not up · the plan does not hold on these nodes, nothing was started", "pdctl validate");
  resolved(plan, facts, run);
  ownNode(plan, facts);
  const planned = knownOf(plan, ask.topology === undefined ? await topologyNamed(plan, run) : ask.file);
  const first = { ...planned, nodes: [...planned.nodes, ...remembered] };
  const seen = await look(first, fleet, run, { ready: true, beside: true });
  const known = await joined(first, seen, fleet);
  const met = known.nodes.slice(first.nodes.length);
  await lock(met.map(({ node }) => node).filter((node) => fleet.reached.includes(node)));
  const standing = met.length === 0 ? seen : await look(known, fleet, run, { ready: true, beside: true });
  const former = [...remembered, ...met];
  respectOthers(plan, standing, ask.options.adopt, run);
  const chosen = ask.again && chosenGroups(plan, ask.again);
  if (chosen !== undefined) othersRun(plan, standing, chosen);
  const gateway = await Gateway.of(standing, (node) => stateDirOf(known, node), fleet, run);
  const delta = deltaOf({ plan, standing, chosen, gateway });
  const text = await check({ ...ask, plan, facts, standing }, fleet, run);
  await remember(run.stateHome, known); // before the first change, so that `down` finds the nodes whatever happens
  return { plan, facts, known, former, standing, gateway, delta, chosen, text };
}

/** A plan's own file is no topology: what was remembered stays. */
const topologyNamed = async ({ cluster }: Plan, { stateHome }: Run): Promise<string | null> =>
  (await knownClusters(stateHome)).find((one) => one.cluster === cluster)?.file ?? null;

/** What separates the nodes from the plan, for what the user told to restart. */
export const deltaOf = ({
  plan,
  standing,
  chosen,
  gateway,
}: Pick<Survey, "plan" | "standing" | "chosen" | "gateway">) =>
  compare(plan, standing, { chosen, told: gateway !== undefined });

/** A restart waits for the whole cluster and starts no more than it is told: what else is missing would be waited for in vain. */
function othersRun(plan: Plan, standing: Standing, chosen: ReadonlySet<string>): void {
  const alive = new Set(
    standing.services.flatMap(({ spec, state }) => (state.state === "alive" ? [spec.service] : [])),
  );
  const missing = plan.services.filter(({ id, group }) => !alive.has(id) && !chosen.has(group));
  if (missing.length === 0) return;
  const groups = folded([...new Set(missing.map(({ group }) => group))]);
  throw new Ended({
    exit: 1,
    state: alive.size === 0 ? "absent" : "degraded, not serving",
    verdict: `is not up · ${groups} ${missing.length === 1 ? "does" : "do"} not run, and restart starts no more than it is told`,
    next: ["pdctl up"],
    nextWhy: { "pdctl up": "starts what is missing" },
  });
}

/** Somebody else's cluster, or a real one under a rehearsal, is never touched. */
function respectOthers(plan: Plan, standing: Standing, adopt: boolean, run: Run): void {
  const alive = standing.services.filter(({ state }) => state.state === "alive");
  respectOwner(standing, adopt, run);
  if (!plan.rehearsal || alive.every(({ spec }) => spec.note.rehearsal === true)) return;
  const remedy = "pdctl down first, or rehearse under another name: --set name=…";
  const card = {
    title: `${plan.cluster} is up: a rehearsal would stop it`,
    do: [remedy],
    kept: several(alive.length, "service"),
  };
  run.emit(finding(card, "rehearsal-over-real", { phase: "check" }));
  throw refused(8, "was not rehearsed · nothing was started", "pdctl status");
}

/** A plan with a hole in it is never started: what a node could not say stands in it as a place-holder. */
function resolved(plan: Plan, facts: readonly Facts[], run: Run): void {
  const { unknowns } = plan;
  if (unknowns.length === 0) return;
  const none: ReadonlySet<string> = new Set();
  const named = runRules([s03], { plan, facts, ours: none, holders: new Map(), ourDevices: none });
  for (const one of named) say(one, run);
  const known = new Set(named.flatMap(({ subject }) => subject ?? [])); // a name that nobody knows has no interface either
  for (const { fact, node } of unknowns.filter((each) => !known.has(each.node))) {
    const key = fact === "ip" || fact === "nic" ? `write ${fact} of ${node} into the topology` : `look at ${node}`;
    run.emit(
      finding({ title: `${node} does not tell its ${fact}`, do: [key] }, "fact-missing", { phase: "check", node }),
    );
  }
  throw refused(8, "is not up · nodes do not tell what the plan needs, nothing was started", "pdctl plan");
}

const refused = (exit: number, verdict: string, next: string) =>
  new Ended({ exit, state: "unknown", verdict, next: [next] });
