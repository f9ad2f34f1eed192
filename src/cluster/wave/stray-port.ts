import type { Diagnosed } from "../../diagnose/index.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Run } from "../run/run.ts";
import { serviceOf } from "./cards.ts";
import { heldBy } from "./failure.ts";

/**
 * Whether an engine ended because a port was taken that the plan did not give it: one that vLLM, torch or a transfer library drew at
 * random a moment too late. Another start draws another one. Where its words name no port, the plan's own must all be free.
 * Source: launch.md §2.3.
 */
export async function drewTakenPort({ first, cause, why }: Diagnosed, plan: Plan, fleet: Fleet, run: Run) {
  const service = serviceOf(plan, first.service);
  if (cause?.id !== "port-taken" || service?.kind !== "engine") return false;
  const port = portIn(why[0] ?? "");
  if (port === undefined) return (await heldBy(first.service, plan, fleet, run)) === undefined;
  const given = plan.reservations[service.node] ?? [];
  const planned = given.some((one) => one.random !== true && one.first <= port && port <= one.last);
  return !planned && !service.listens.some((listen) => listen.port === port);
}

/** `tcp://10.0.0.1:38411`, `port: 38411`, `('0.0.0.0', 8000)`: the port that a line about an address in use names. */
export function portIn(line: string): number | undefined {
  const [, named, paired, behind] = /\bport:? (\d{4,5})\b|', (\d{4,5})\)|:(\d{4,5})\b/i.exec(line) ?? [];
  const port = named ?? paired ?? behind;
  return port === undefined ? undefined : Number(port);
}
