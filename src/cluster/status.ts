import { Fleet, NodeErrors } from "./fleet.ts";
import { located, look, stateDirOf } from "./look.ts";
import type { Run } from "./run.ts";
import { lastProof } from "./smoke/last-proof.ts";
import type { Known, Standing, StatusReport } from "./standing.ts";
import { reportOf } from "./status-report.ts";

/** What runs where, as the nodes say it now. Needs no topology and takes no lock; throws only when no node could be asked. */
export async function status(known: Known, { nodes }: { nodes: readonly string[] }, run: Run): Promise<StatusReport> {
  const asked = nodes.length === 0 ? known.nodes : known.nodes.filter(({ node }) => nodes.includes(node));
  const fleet = new Fleet(asked, run);
  run.about(known.cluster, 0);
  try {
    await fleet.open();
    if (fleet.reached.length === 0) throw new NodeErrors(fleet.failed, fleet.nodes.length);
    const there = await located({ ...known, nodes: asked }, fleet, run);
    const standing = await look(there, fleet, run, { ready: true });
    run.about(known.cluster, standing.generation);
    return reportOf(standing, await proven(there, standing, fleet, run), Date.now());
  } finally {
    await fleet.close();
  }
}

async function proven(known: Known, standing: Standing, fleet: Fleet, run: Run) {
  const proxy = standing.services.find(({ spec }) => spec.kind === "proxy");
  return proxy === undefined ? undefined : lastProof(proxy.node, stateDirOf(known, proxy.node), fleet, run);
}
