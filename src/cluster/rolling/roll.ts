import type { Plan } from "../../plan/plan.ts";
import type { ServiceSpec } from "../../supervise/index.ts";
import { folded } from "../../words/names.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Run } from "../run/run.ts";
import { makeRoom } from "../wave/make-room.ts";
import { enginesOf } from "../wave/spec.ts";
import { type Ascent, bringUp } from "../wave/wave.ts";
import { drain } from "./drain.ts";
import { groupsOf, type Owned, owned, targetsOf, withTargets } from "./endpoints.ts";
import type { Gateway } from "./gateway.ts";
import type { Step } from "./schedule.ts";

export interface Rolling {
  readonly gateway: Gateway;
  readonly steps: readonly Step[];
  /** Endpoints by whose they are, as the proxy goes by them before the first step. */
  readonly before: readonly Owned[];
  /** The configuration that holds in the end but for its endpoints. */
  readonly content: string;
  /** The proxy's record from now on, where the plan has another one for it. */
  readonly record: ServiceSpec | undefined;
  readonly drainMs: number;
}

/**
 * Changes engine groups step by step while the proxy serves: it is told to let them alone, they end what they have, they stop,
 * what replaces them starts, and only when that is ready it is told of it.
 * @returns what was done, for the phase's one line
 */
export async function roll(
  { gateway, steps, before, content, record, drainMs }: Rolling,
  ascent: Ascent,
  fleet: Fleet,
  run: Run,
): Promise<string> {
  const { plan } = ascent.launch;
  if (record !== undefined) gateway.becomes(record);
  let all = before;
  for (const { units, away } of steps) {
    const stops = units.flatMap((unit) => unit.stops);
    await ascent.sure();
    await drain(
      gateway,
      { all, away, content, limitMs: stops.length === 0 ? 0 : drainMs, phase: "engines" },
      fleet,
      run,
    );
    if (stops.length > 0) {
      await ascent.sure();
      await makeRoom(stops, ascent.known, fleet, run);
      for (const { spec } of stops) ascent.scene.become(spec.service, "stopped", "engines");
    }
    const groups = new Set(units.flatMap((unit) => unit.groups));
    const starts = units.flatMap((unit) => unit.starts);
    if (starts.length > 0) await bringUp(starts, starts, "engines", ascent, fleet, run);
    all = [...all.filter(({ group }) => !groups.has(group)), ...comeFrom(plan, starts)];
  }
  await ascent.sure();
  await gateway.tell(withTargets(content, inOrder(all, plan)), fleet, run);
  return doneText(steps);
}

/** The plan's endpoints of these services' groups. */
function comeFrom(plan: Plan, starts: readonly { readonly group: string }[]): readonly Owned[] {
  const groups = new Set(starts.map(({ group }) => group));
  return owned(targetsOf(plan), groupsOf(enginesOf(plan))).filter(({ group }) => groups.has(group));
}

/** As the plan lists them, so that in the end the proxy is told what the plan says, to the letter. */
function inOrder(all: readonly Owned[], { targets }: Plan): readonly Owned[] {
  const at = (one: Owned) => {
    const index = targets.findIndex(({ role, url }) => role === one.role && url === one.url);
    return index < 0 ? targets.length : index;
  };
  return all.toSorted((one, other) => at(one) - at(other));
}

function doneText(steps: readonly Step[]): string {
  const units = steps.flatMap((step) => step.units);
  const of = (chosen: (unit: (typeof units)[number]) => boolean) =>
    units.filter(chosen).flatMap(({ groups }) => groups);
  const texts = [
    ["restarted", of(({ starts, stops }) => starts.length > 0 && stops.length > 0)],
    ["started", of(({ stops }) => stops.length === 0)],
    ["stopped", of(({ starts }) => starts.length === 0)],
  ] as const;
  return texts.flatMap(([what, groups]) => (groups.length === 0 ? [] : [`${what} ${folded(groups)}`])).join(", ");
}

/** Who answers where now, as the proxy's own record says. */
export const ownedNow = (gateway: Gateway): readonly Owned[] =>
  owned(gateway.targets, groupsOf((gateway.note["engines"] ?? []) as Parameters<typeof groupsOf>[0]));
