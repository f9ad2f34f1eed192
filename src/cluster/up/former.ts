import path from "node:path";
import type { Plan } from "../../plan/plan.ts";
import { forget, pullLogs } from "../../supervise/index.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { userError, whyOf } from "../run/node-errors.ts";
import type { Run } from "../run/run.ts";
import { knownClusters, remember } from "../standing/known.ts";
import type { Known, Standing } from "../standing/standing.ts";

/** A node that an earlier `up` of this cluster used and the plan does not: what runs there has to go, and its state with it. */
export type Former = Known["nodes"][number];

/** From the launcher's index. A node whose name now means another machine is told apart by its address: `n1@10.0.0.11`. */
export async function formerNodes(plan: Plan, stateHome: string): Promise<readonly Former[]> {
  const remembered = (await knownClusters(stateHome)).find(({ cluster }) => cluster === plan.cluster);
  const hosts = new Map(plan.nodes.map(({ name, host }) => [name, host]));
  const former = (remembered?.nodes ?? []).filter(({ node, host }) => hosts.get(node) !== host);
  return former.map((one) => (hosts.has(one.node) ? { ...one, node: `${one.node}@${one.host}` } : one));
}

/**
 * Leaves the former nodes as `down` would: logs to the launcher, then nothing stays. Their services are stopped before. One that
 * does not answer stays in the index, so that `down` and `status` go on asking for it.
 */
export async function leaveFormer(
  former: readonly Former[],
  known: Known,
  standing: Standing,
  fleet: Fleet,
  run: Run,
): Promise<Known> {
  const to = path.join(run.stateHome, known.cluster, String(standing.generation));
  const outcomes = await fleet.on(
    async (session, node) => {
      const stateDir = former.find((one) => one.node === node)?.stateDir ?? "";
      await pullLogs(session, { stateDir, to }, fleet.scripts, run.signal);
      return forget(session, { stateDir }, fleet.scripts, run.signal);
    },
    former.map(({ node }) => node),
  );
  run.signal.throwIfAborted();
  const left = outcomes.flatMap((one) => {
    if (one.ok && one.value.length === 0) return [];
    const why = one.ok ? `${one.value.join(", ")} could not be removed` : whyOf(userError(one.error));
    return [{ node: one.node, why }];
  });
  for (const { node, why } of left)
    run.emit({
      type: "finding",
      phase: "check",
      level: "warning",
      code: "former-node",
      node,
      data: {
        title: `${node} is not in the topology any more, and what was started there may still run`,
        why,
        do: [`pdctl down --forget ${node}    if it will not come back`],
      },
    });
  const staying = new Set(left.map(({ node }) => node));
  const gone = new Set(former.map(({ node }) => node).filter((node) => !staying.has(node)));
  const now = { ...known, nodes: known.nodes.filter(({ node }) => !gone.has(node)) };
  await remember(run.stateHome, now);
  return now;
}
