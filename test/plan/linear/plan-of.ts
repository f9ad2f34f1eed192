import { manyNodes } from "../../../bench/many-nodes.mjs";
import { plan } from "../../../src/plan/index.ts";
import { planText } from "../../../src/report/plan/text.ts";
import { loadTopology, locate } from "../../../src/topology/index.ts";

/** As `validate` and `plan` do it: the file is read, planned, judged and shown. */
export function work(nodes: number): void {
  const text = Buffer.from(manyNodes(nodes));
  const loaded = loadTopology({ file: "many.yaml", read: () => text }, { set: [], hosts: [] });
  if (loaded.topology === undefined) throw new Error("the topology of many nodes does not load");
  const made = plan(loaded.topology);
  if (locate(made.findings, loaded.origins).length > 0) throw new Error("something is wrong with many nodes");
  if (made.plan.services.length !== 8 * nodes + 1) throw new Error(`${made.plan.services.length} services`);
  planText(made.plan, { own: [], findings: [] });
}
