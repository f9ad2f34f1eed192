import type { Facts } from "../../../facts/facts.ts";
import type { Call } from "../../edge/call.ts";
import type { Sound } from "../../subject/sound.ts";
import type { PlanOptions } from "./index.ts";

/** Asks the nodes once, and shows what `up` would do; with `-o`, the plan with their facts is written. */
export async function planChanges(call: Call<PlanOptions>, { topology, file, plan: made }: Sound): Promise<void> {
  const {
    options,
    streams: { out },
  } = call;
  const [cluster, { changesText }, { duration }, { silently }, { plan }] = await Promise.all([
    import("../../../cluster/index.ts"),
    import("../../../report/text/changes-text.ts"),
    import("../../../words/numbers.ts"),
    import("../../run/silently.ts"),
    import("../../../plan/index.ts"),
  ]);
  const rehearse = options.rehearse === true;
  const began = performance.now();
  const { skip } = topology.preflight;
  const ask = { topology, skip, file, plan: (facts: readonly Facts[]) => plan(topology, facts, { rehearse }) };
  const { plan: asked, ...seen } = await silently(call, (run) => cluster.changes(ask, run));
  if (options.output !== undefined)
    await (await import("../../subject/plan-file.ts")).writePlanFile(options.output, asked);
  if (options.json === true)
    return out.raw(`${JSON.stringify({ schema: "pdctl.changes/1", cluster: made.cluster, ...seen }, null, 2)}\n`);
  const seconds = duration((performance.now() - began) / 1000);
  const again = call.aim.command(rehearse ? "pdctl up --rehearse" : "pdctl up");
  const command = options.output === undefined ? again : `pdctl up --plan ${options.output}`;
  out.lines(changesText(seen.changes, { ...seen, cluster: made.cluster, seconds, command }));
}
