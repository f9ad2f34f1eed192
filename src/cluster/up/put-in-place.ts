import type { Service } from "../../plan/plan.ts";
import { keepPlan, writeState } from "../../supervise/index.ts";
import { folded, naming } from "../../words/names.ts";
import { several, size } from "../../words/numbers.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Rolling } from "../rolling/roll.ts";
import type { Run } from "../run/run.ts";
import { stateDirOf } from "../standing/look.ts";
import { baselineOf, claimsOf, stateOf } from "../standing/node-state.ts";
import { type Launch, push } from "../wave/launch.ts";
import { makeRoom } from "../wave/make-room.ts";
import type { Survey } from "./survey.ts";

export const isSide = ({ spec }: Survey["standing"]["services"][number]) => spec.kind === "side";

interface Place {
  readonly launch: Launch;
  readonly starts: readonly Service[];
  readonly seen: Survey;
  /** What it takes step by step is not stopped here. */
  readonly rolling: Rolling | undefined;
}

/** Stops what goes or restarts, then puts every file where it belongs. Returns the phase's line. */
export async function putInPlace(
  { launch, starts, seen: { plan, facts, known, standing, delta }, rolling }: Place,
  fleet: Fleet,
  run: Run,
): Promise<{ text: string }> {
  const restarting = new Set(delta.restart.map(({ service }) => service.id));
  const again = standing.services.filter(({ spec, state }) => restarting.has(spec.service) && state.state === "alive");
  const all = [...delta.stop, ...again.filter((one) => !delta.stop.includes(one))];
  const going = rolling === undefined ? all : again.filter(isSide); // the others go step by step
  await makeRoom(going, known, fleet, run);
  const named = new Set(plan.nodes.map(({ name }) => name));
  const staying = known.nodes.filter(({ node }) => named.has(node) || !fleet.reached.includes(node)); // others are left now
  const state = stateOf(plan, { ...known, nodes: staying }, launch.generation, run);
  await fleet.all(
    (session, node) => {
      const baseline = baselineOf(node, facts, standing);
      const claims = claimsOf(plan, node);
      const ask = { stateDir: stateDirOf(known, node), state, claims, ...(baseline && { baseline }) };
      return writeState(session, ask, fleet.scripts, run.signal);
    },
    plan.nodes.map(({ name }) => name),
  );
  const text = `${JSON.stringify(plan)}\n`;
  await fleet.all(
    (session, node) =>
      keepPlan(session, { stateDir: stateDirOf(known, node), owner: run.owner, text }, fleet.scripts, run.signal),
    plan.nodes.slice(0, 1).map(({ name }) => name), // one is enough: a restart has to reach all of them
  );
  const { files, bytes, nodes } = await push(starts, launch, fleet, run);
  const shown = naming(standing.services.map(({ spec }) => spec.service));
  const stopped = going.length === 0 ? "" : `; stopped ${folded(going.map(({ spec }) => shown(spec.service)))}`;
  return { text: `${several(files, "file")}, ${size(bytes)} to ${several(nodes, "node")}${stopped}` };
}
