import { withSeenImages } from "../../plan/lists/images.ts";
import type { Plan } from "../../plan/plan.ts";
import { changesOf, compare } from "../changes/changes.ts";
import { judged } from "../check/judged.ts";
import { Fleet } from "../fleet/fleet.ts";
import { gatherFacts } from "../fleet/gather.ts";
import { Gateway } from "../rolling/gateway.ts";
import { NodeErrors } from "../run/node-errors.ts";
import type { Run } from "../run/run.ts";
import { knownOf } from "../standing/known.ts";
import { joined, look, stateDirOf } from "../standing/look.ts";
import type { Change } from "../standing/standing.ts";
import { outage } from "./agree.ts";
import type { UpAsk } from "./ask.ts";
import { formerNodes } from "./former.ts";
import { rollingOf } from "./rolling.ts";

/** What `up` would do, from one question to every node. Takes no lock and changes nothing. */
export async function changes(
  ask: Pick<UpAsk, "plan" | "file" | "skip" | "topology">,
  run: Run,
): Promise<{
  plan: Plan;
  changes: readonly Change[];
  generation: number;
  nodes: number;
  services: number;
  outage?: string;
}> {
  const provisional = ask.plan([]).plan;
  run.about(provisional.cluster, 0);
  const former = await formerNodes(provisional, run.stateHome);
  const planned = provisional.nodes.map(({ name, host, ssh }) => ({ node: name, host, ssh }));
  const fleet = new Fleet([...planned, ...former], run);
  try {
    await fleet.open();
    const errors = planned.flatMap(({ node }) => fleet.errorOf(node) ?? []);
    if (errors.length > 0) throw new NodeErrors(errors, planned.length);
    const facts = await gatherFacts(provisional, fleet, run);
    const plan = withSeenImages(ask.plan(facts).plan, facts);
    const known = knownOf(plan, ask.file);
    const asked = { ...known, nodes: [...known.nodes, ...former] };
    const seen = await look(asked, fleet, run, { ready: false, beside: true });
    const all = await joined(asked, seen, fleet);
    const standing = all === asked ? seen : await look(all, fleet, run, { ready: false, beside: true });
    const gateway = await Gateway.of(standing, (node) => stateDirOf(all, node), fleet, run);
    const findings = await judged({ ...ask, plan, facts, standing }, fleet, run);
    const blocked = findings
      .filter(({ level }) => level === "error")
      .map(({ title, also }): Change => ({ kind: "blocked", services: also, why: title }));
    const delta = compare(plan, standing, { told: gateway !== undefined });
    const lost = outage(rollingOf({ plan, delta, standing, gateway }, 0), delta);
    return {
      plan,
      changes: changesOf(delta, blocked, ask.file),
      ...(lost !== undefined && { outage: lost }),
      generation: standing.generation,
      nodes: planned.length,
      services: plan.services.length,
    };
  } finally {
    await fleet.close();
  }
}
