import { folded, naming } from "../../words/names.ts";
import { several } from "../../words/numbers.ts";
import { changesOf, type Delta } from "../changes/changes.ts";
import { without } from "../rolling/endpoints.ts";
import type { Rolling } from "../rolling/roll.ts";
import type { Run } from "../run/run.ts";
import { Ended } from "../run/verb.ts";
import type { Survey } from "./survey.ts";

/**
 * Says what is about to change of what runs, and asks where something would be stopped that the user has not named. Nobody to ask:
 * the answer is yes.
 * @param named  groups that the user told to restart
 */
export async function agree(
  { plan, delta, standing }: Survey,
  rolling: Rolling | undefined,
  { file, named = new Set() }: { file: string; named?: ReadonlySet<string> },
  run: Run,
): Promise<void> {
  const alive = standing.services.some(({ state }) => state.state === "alive");
  const changes = changesOf(delta, [], file).filter(({ kind }) => kind !== "start" || alive);
  if (changes.every(({ kind }) => kind === "keep" || kind === "start")) return;
  const lost = outage(rolling, delta);
  run.emit({
    type: "changes",
    phase: "check",
    level: "info",
    data: { changes, ...(lost !== undefined && { outage: lost }) },
  });
  const more = delta.restart.filter(({ service }) => !named.has(service.group)).length;
  if (more + delta.stop.length === 0) return;
  if (await run.confirm(`${doing(more, delta.stop.length)}?`)) return;
  const show = naming(plan.services.map(({ id }) => id));
  throw new Ended({
    exit: 8,
    state: "unknown",
    verdict: "is left as it is · the answer was no, nothing was changed",
    kept: folded(
      standing.services.filter(({ state }) => state.state === "alive").map(({ spec }) => show(spec.service)),
    ),
    next: ["pdctl status"],
  });
}

/** `Restart 4 services and stop 1` */
function doing(restarts: number, stops: number): string {
  const parts = [
    ...(restarts > 0 ? [`restart ${several(restarts, "service")}`] : []),
    ...(stops > 0 ? [`stop ${several(stops, "service")}`] : []),
  ].join(" and ");
  return `${parts.charAt(0).toUpperCase()}${parts.slice(1)}`;
}

/** What clients cannot have meanwhile, as far as it can be known before; undefined: they lose nothing. */
export function outage(rolling: Rolling | undefined, { restart, stop }: Delta): string | undefined {
  const kinds = [...restart.map(({ service }) => service.kind), ...stop.map(({ spec }) => spec.kind)];
  if (kinds.every((kind) => kind === "side")) return undefined;
  if (rolling === undefined)
    return "the proxy cannot be told of it while it runs: requests fail until all is ready again";
  const dark = rolling.steps.flatMap(({ units, away }) =>
    units.some((unit) => unit.stops.length > 0)
      ? without(rolling.before, away).outage.map((role) => ({ role, away }))
      : [],
  );
  const [first] = dark;
  if (first === undefined) return undefined;
  return `no other ${first.role} serves while ${folded([...first.away])} ${first.away.size === 1 ? "restarts" : "restart"}: requests fail meanwhile`;
}
