import type { Facts } from "../../facts/index.ts";
import type { Service } from "../../plan/plan.ts";
import { naming } from "../../words/names.ts";
import type { Phase } from "../events.ts";
import type { Fleet } from "../fleet.ts";
import { look, stateDirOf } from "../look.ts";
import { phase } from "../phase.ts";
import type { Run } from "../run.ts";
import type { Known } from "../standing.ts";
import { finding } from "../verb.ts";
import { lateCard } from "./cards.ts";
import { lost, notReady, notUp } from "./endings.ts";
import { sayFirstCause } from "./failure.ts";
import { type Launch, startAll } from "./launch.ts";
import { makeRoom } from "./make-room.ts";
import { type Exit, type Scene, untilReady } from "./wait.ts";

/** What all waves of one `up` share. */
export interface Ascent {
  readonly launch: Launch;
  readonly known: Known;
  readonly facts: readonly Facts[];
  readonly scene: Scene;
  readonly limitMs: number;
  /** After a death, everything is stopped instead of the group alone. */
  readonly stopAll: boolean;
}

/** Starts one wave and waits until all of it is ready: what it starts, and what an earlier run left loading. */
export async function climbWave(
  wave: readonly Service[],
  starts: readonly Service[],
  ascent: Ascent,
  fleet: Fleet,
  run: Run,
): Promise<void> {
  const { scene, launch, known, limitMs } = ascent;
  if (wave.every(({ id }) => scene.states.get(id) === "ready")) return;
  const name = phaseOf(wave);
  await phase(run, name, async () => {
    run.emit({ type: "phase", phase: name, level: "info", data: { state: "running", limitSeconds: limitMs / 1000 } });
    const failed = await startAll(starts, name, launch, scene, fleet, run);
    if (failed.length > 0) throw neverStarted(failed, scene, name, run);
    const watched = launch.plan.services.filter(({ id }) => scene.generations.has(id));
    const waited = await untilReady(wave, watched, scene, fleet, run, {
      phase: name,
      limitMs,
      stateDir: (node) => stateDirOf(known, node),
    });
    if (waited.kind === "died") throw await died(waited.deaths, name, ascent, fleet, run);
    if (waited.kind === "late") throw late(waited.services, name, ascent, run);
    return { text: waveText(wave, scene) };
  });
}

/** Says the first cause at once, then stops the group that it belongs to: no rank of it can be replaced alone. */
async function died(
  deaths: readonly Exit[],
  name: Phase,
  { scene, facts, known, stopAll }: Ascent,
  fleet: Fleet,
  run: Run,
) {
  const group = await sayFirstCause(deaths, scene, name, facts, fleet, run);
  const standing = await look(known, fleet, run, { ready: false });
  const going = standing.services.filter(
    ({ spec, state }) => state.state === "alive" && (stopAll || spec.group === group),
  );
  await makeRoom(going, known, fleet, run);
  for (const { spec } of going) scene.become(spec.service, "stopped", name);
  return notUp(scene, group, { stopped: stopAll });
}

function neverStarted(failed: readonly { service: string; why: string }[], scene: Scene, name: Phase, run: Run) {
  for (const { service, why } of failed) {
    scene.become(service, "absent", name);
    run.emit(
      finding({ title: `${service} was not started`, why, log: `pdctl logs ${service}` }, "not-started", {
        phase: name,
        service,
      }),
    );
  }
  const group = scene.plan.services.find(({ id }) => id === failed[0]?.service)?.group ?? "";
  return notUp(scene, group, { stopped: false });
}

function late(services: readonly Service[], name: Phase, { scene, limitMs }: Ascent, run: Run) {
  const unknown = services.filter(({ id }) => scene.states.get(id) === "unknown");
  if (unknown.length > 0) return lost(scene, unknown);
  run.emit(finding(lateCard(scene, services, limitMs, scene.progress), "not-ready", { phase: name }));
  return notReady(scene, services);
}

export const phaseOf = (wave: readonly Service[]): Phase =>
  wave.some(({ kind }) => kind === "engine") ? "engines" : wave.some(({ kind }) => kind === "proxy") ? "proxy" : "side";

/** `mooncake-master on a2-1`, `8 of 8 ready; last was prefill-0-2 on a2-2`, `4 prefill, 4 decode` */
function waveText(wave: readonly Service[], scene: Scene): string {
  const name = phaseOf(wave);
  if (name === "side") return wave.map(({ id, node }) => `${id} on ${node}`).join(", ");
  if (name === "engines") return `${wave.length} of ${wave.length} ready${lastText(wave, scene)}`;
  const of = (role: string) => scene.plan.targets.filter((target) => target.role === role).length;
  return `${of("prefill")} prefill, ${of("decode")} decode`;
}

function lastText(wave: readonly Service[], scene: Scene): string {
  const last = wave.find(({ id }) => id === scene.lastReady);
  if (last === undefined || wave.length === 1) return "";
  return `; last was ${naming(scene.plan.services.map(({ id }) => id))(last.id)} on ${last.node}`;
}
