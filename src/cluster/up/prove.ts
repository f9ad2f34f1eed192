import type { ProofData } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { phase } from "../run/phase.ts";
import type { Run } from "../run/run.ts";
import { makeProof } from "../smoke/make-proof.ts";
import { coveredText } from "../smoke/proof-text.ts";
import { writtenBy } from "../smoke/witness.ts";
import { stateDirOf } from "../standing/look.ts";
import { lost, notProven } from "../wave/endings.ts";
import { enginesOf } from "../wave/spec.ts";
import { type Ascent, died } from "../wave/wave.ts";
import { whileAlive } from "../wave/while-alive.ts";

/** The last phase: completions through the proxy, while every service is watched. What does not hold ends the verb. */
export async function proveUp(
  ascent: Ascent,
  { requireEvidence }: { requireEvidence: boolean },
  fleet: Fleet,
  run: Run,
): Promise<ProofData> {
  const { scene, known } = ascent;
  const { plan, generation } = ascent.launch;
  const { smoke: step, targets } = plan;
  const engines = enginesOf(plan);
  const stateDir = (node: string) => stateDirOf(known, node);
  const proof = {
    step,
    targets,
    engines,
    written: writtenBy(engines, targets, stateDir),
    paths: plan.rehearsal,
    secrets: ascent.launch.secrets,
    requireEvidence,
    limitMs: plan.timeouts.smokeMs,
    stateDir: stateDir(step.node),
    generation,
  };
  const { data } = await phase(run, "smoke", async () => {
    const made = await whileAlive(plan.services, scene, fleet, run, { phase: "smoke", stateDir }, (alive, sure) =>
      makeProof(proof, fleet, alive, sure),
    );
    if (made.kind === "died") throw await died(made.deaths, "smoke", ascent, fleet, run);
    const { data, failed } = made.value;
    if (!failed && data !== undefined) return { text: coveredText(data), data };
    const silent = plan.services.filter(({ id }) => scene.states.get(id) === "unknown");
    throw silent.length > 0 ? lost(scene, silent) : notProven(scene);
  });
  return data;
}
