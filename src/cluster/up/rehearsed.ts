import path from "node:path";
import type { Plan } from "../../plan/plan.ts";
import { takeDown } from "../down/take-down.ts";
import type { ProofData } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { phase } from "../run/phase.ts";
import type { Run } from "../run/run.ts";
import type { Closing } from "../run/verb.ts";
import { look } from "../standing/look.ts";
import type { Known, Standing } from "../standing/standing.ts";

/** The end of a rehearsal: everything is taken down again, and what it could not show is named. */
export async function rehearsed(
  known: Known,
  before: Standing,
  plan: Plan,
  proof: ProofData | undefined,
  fleet: Fleet,
  run: Run,
): Promise<Closing> {
  const { clean } = await phase(run, "down", async () => {
    const standing = await look(known, fleet, run, { ready: false });
    const real = before.services.some(({ spec }) => spec.note.rehearsal !== true); // of a real up before it: those logs are kept
    const pull = real ? path.join(run.stateHome, known.cluster) : undefined;
    const receipt = await takeDown(known, standing, fleet, run, { pull });
    const gone = receipt.rows.filter(({ clean }) => clean).length;
    return {
      text: `${receipt.clean ? "nothing is left" : "left-overs"} on ${gone} of ${receipt.rows.length} nodes`,
      clean: receipt.clean,
    };
  });
  const ports = plan.services.flatMap(({ listens }) => listens).length;
  return {
    exit: clean ? 0 : 5,
    state: clean ? "gone" : "unknown",
    verdict: `the rehearsal of ${plan.cluster} went through`,
    proof: `${ports} ports bound${proof?.paths === undefined ? "" : `, ${proof.paths[0]} of ${proof.paths[1]} paths open`}`,
    not: "weights, devices, RDMA: the first real up shows them",
    next: clean ? ["pdctl up"] : ["pdctl down"],
  };
}
