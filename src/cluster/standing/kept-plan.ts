import { UserError } from "../../errors.ts";
import type { Plan } from "../../plan/plan.ts";
import { readPlan } from "../../plan/written/read-plan.ts";
import { keptPlan } from "../../supervise/index.ts";
import { Fleet } from "../fleet/fleet.ts";
import type { Run } from "../run/run.ts";
import { opened, stateDirOf } from "./look.ts";
import type { Known } from "./standing.ts";

/**
 * The plan by which a cluster runs, as its nodes keep it: what restarts it where no topology is. Its nodes are reached as `known` says, since the
 * launcher that wrote it may reach them otherwise.
 * @throws usage where no node keeps it, plan.invalid
 */
export async function planOf(known: Known, run: Run): Promise<Plan> {
  const fleet = new Fleet(known.nodes, run);
  try {
    const { there, standing } = await opened(known, fleet, run, { ready: false });
    const proxy = standing.services.find(({ spec, state }) => spec.kind === "proxy" && state.state === "alive");
    const texts = await fleet.all((session, node) =>
      keptPlan(session, { stateDir: stateDirOf(there, node) }, fleet.scripts, run.signal),
    );
    const plans = [...texts].flatMap(([node, text]) => (text === undefined ? [] : [read(text, node)]));
    const plan = plans.find(({ hash }) => hash === proxy?.spec.planHash);
    if (plan !== undefined) return reached(plan, there);
    throw new UserError("usage", {
      what: `no node of ${known.cluster} keeps the plan by which it runs: name its topology`,
      next: "pdctl restart cluster.yaml",
    });
  } finally {
    await fleet.close();
  }
}

function read(text: string, node: string): Plan {
  const plan = readPlan(text);
  if ("error" in plan) throw new UserError("plan.invalid", { file: `the plan on ${node}`, why: plan.error });
  return plan;
}

function reached(plan: Plan, { nodes }: Known): Plan {
  const ways = new Map(nodes.map(({ node, host, ssh }) => [node, { host, ssh }]));
  return { ...plan, nodes: plan.nodes.map((node) => ({ ...node, ...ways.get(node.name) })) };
}
