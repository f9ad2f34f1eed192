import { folded } from "../../words/names.ts";
import { STOP_ORDER, type StandingService, stopPhaseOf, stopThem } from "../down/take-down.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Run } from "../run/run.ts";
import { Ended, finding } from "../run/verb.ts";
import { stateDirOf } from "../standing/look.ts";
import type { Known } from "../standing/standing.ts";

/** Stops services that must not run on, traffic first. One that stays ends the verb: nothing is started beside it. */
export async function makeRoom(
  services: readonly StandingService[],
  known: Known,
  fleet: Fleet,
  run: Run,
): Promise<void> {
  for (const order of STOP_ORDER) {
    const mine = services.filter((one) => stopPhaseOf(one) === order);
    const stopped = await stopThem(mine, fleet, run, { stateDir: (node) => stateDirOf(known, node) });
    const left = stopped.filter(({ state }) => state !== "gone");
    if (left.length === 0) continue;
    const where = folded([...new Set(left.map(({ node }) => node))]);
    const card = { title: `${folded(left.map(({ service }) => service))} did not stop`, where, do: ["pdctl down"] };
    run.emit(finding(card, "left-over", { phase: "push" }));
    const verdict = "is not up · what has to stop did not stop";
    throw new Ended({ exit: 1, state: "degraded, not serving", verdict, next: ["pdctl status", "pdctl down"] });
  }
}
