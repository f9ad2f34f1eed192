import type { Plan } from "../../plan/plan.ts";
import { several } from "../../words/numbers.ts";
import type { Phase } from "../events.ts";
import type { Run } from "../run/run.ts";
import { phaseOf } from "../wave/wave.ts";
import { pullsImages } from "./pull.ts";

/** The verb's first words: what it is about, and what each later phase waits for. */
export function announce(
  plan: Plan,
  { verb, file, smoke }: { verb: string; file: string; smoke: boolean },
  run: Run,
): void {
  const { services, nodes, hash, waves, rehearsal, setup } = plan;
  const engines = services.filter(({ kind }) => kind === "engine").length;
  const counts = { services: services.length, engines, nodes: nodes.length };
  const data = { verb, version: run.version, plan: hash, ...counts, file, rehearsal };
  run.emit({ type: "start", level: "info", data });
  const climbed = waves
    .filter((ids) => ids.length > 0)
    .map((ids) => phaseOf(services.filter(({ id }) => ids.includes(id))));
  const awaited: Partial<Record<Phase, string>> = { proxy: several(engines, "engine"), smoke: "the proxy" };
  const prepared: readonly Phase[] = [
    ...(setup === undefined ? [] : ["setup" as const]),
    ...(pullsImages(plan) ? ["pull" as const] : []),
  ];
  const last: readonly Phase[] = smoke ? ["smoke"] : [];
  for (const name of new Set<Phase>(["connect", "check", ...prepared, "push", ...climbed, ...last])) {
    const awaits = awaited[name];
    const state = { state: "waiting" as const, ...(awaits !== undefined && { awaits }) };
    run.emit({ type: "phase", phase: name, level: "info", data: state });
  }
}
