import { judge } from "../plan/judge.ts";
import { changesOf, compare } from "./changes.ts";
import { Fleet, NodeErrors } from "./fleet.ts";
import { gatherFacts } from "./gather.ts";
import { knownOf } from "./known.ts";
import { look } from "./look.ts";
import type { Run } from "./run.ts";
import type { Change } from "./standing.ts";
import type { UpAsk } from "./up/ask.ts";

/** What `up` would do, from one question to every node. Takes no lock and changes nothing. */
export async function changes(
  ask: Pick<UpAsk, "plan" | "file">,
  run: Run,
): Promise<{ changes: readonly Change[]; generation: number; nodes: number; services: number }> {
  const provisional = ask.plan([]).plan;
  run.about(provisional.cluster, 0);
  const fleet = new Fleet(
    provisional.nodes.map(({ name, host, ssh }) => ({ node: name, host, ssh })),
    run,
  );
  try {
    await fleet.open();
    if (fleet.failed.length > 0) throw new NodeErrors(fleet.failed, fleet.nodes.length);
    const facts = await gatherFacts(provisional, fleet, run);
    const { plan } = ask.plan(facts);
    const standing = await look(knownOf(plan, ask.file), fleet, run, { ready: false });
    const ours = new Set(
      standing.services.flatMap(({ spec, state, node }) =>
        state.state === "alive" ? spec.listens.map(({ port }) => `${node} ${port}`) : [],
      ),
    );
    const blocked = judge({ plan, facts, ours, holders: new Map() })
      .filter(({ level }) => level === "error")
      .map(({ title, also }): Change => ({ kind: "blocked", services: also, why: title }));
    return {
      changes: changesOf(compare(plan, standing), blocked, ask.file),
      generation: standing.generation,
      nodes: fleet.nodes.length,
      services: plan.services.length,
    };
  } finally {
    await fleet.close();
  }
}
