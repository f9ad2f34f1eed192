import type { Diagnosed } from "../../diagnose/index.ts";
import type { Facts } from "../../facts/index.ts";
import type { Service } from "../../plan/plan.ts";
import { naming } from "../../words/names.ts";
import type { Phase } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { phase } from "../run/phase.ts";
import type { Run } from "../run/run.ts";
import { type Ended, finding } from "../run/verb.ts";
import { look, stateDirOf } from "../standing/look.ts";
import type { Known } from "../standing/standing.ts";
import { keptText, serviceOf, where } from "./cards.ts";
import { lost, notReady, notUp } from "./endings.ts";
import { firstCause, sayFirstCause } from "./failure.ts";
import { lateCard } from "./late-card.ts";
import { type Launch, startAll } from "./launch.ts";
import { makeRoom } from "./make-room.ts";
import type { Scene } from "./scene.ts";
import { startAgain } from "./start-again.ts";
import { type Exit, untilReady, type Waited } from "./wait.ts";

/** What all waves of one `up` share. */
export interface Ascent {
  /** Its generation rises when a group is started again. */
  launch: Launch;
  /** Groups that were. */
  readonly restarted: Set<string>;
  readonly known: Known;
  readonly facts: readonly Facts[];
  readonly scene: Scene;
  readonly limitMs: number;
  /** After a failure everything is stopped, by the caller, instead of the groups that it struck. */
  readonly stopAll: boolean;
  /** Awaited before anything is changed on a node: the lock is still ours. */
  readonly sure: () => Promise<void>;
}

/**
 * Starts one wave and waits until all of it is ready: what it starts, and what an earlier run left loading.
 * @param rolls  what changes under traffic, step by step, before the rest is awaited; returns what it did
 */
export async function climbWave(
  wave: readonly Service[],
  starts: readonly Service[],
  ascent: Ascent,
  fleet: Fleet,
  run: Run,
  rolls?: () => Promise<string>,
): Promise<void> {
  const { scene, limitMs } = ascent;
  if (rolls === undefined && wave.every(({ id }) => scene.states.get(id) === "ready")) return;
  const name = phaseOf(wave);
  await phase(run, name, async () => {
    run.emit({ type: "phase", phase: name, level: "info", data: { state: "running", limitSeconds: limitMs / 1000 } });
    const rolled = await rolls?.();
    await bringUp(wave, starts, name, ascent, fleet, run);
    return { text: [waveText(wave, scene), ...(rolled === undefined ? [] : [rolled])].join("; ") };
  });
}

/** Starts services and waits until all that are awaited are ready. A death, or the end of the time, ends the verb with its card. */
export async function bringUp(
  awaited: readonly Service[],
  starts: readonly Service[],
  name: Phase,
  ascent: Ascent,
  fleet: Fleet,
  run: Run,
): Promise<void> {
  const { scene, known, limitMs } = ascent;
  if (starts.length > 0) await ascent.sure();
  const began = run.clock();
  let failed = await startAll(starts, name, ascent.launch, scene, fleet, run);
  for (;;) {
    if (failed.length > 0) throw neverStarted(failed, scene, name, run);
    const watched = scene.plan.services.filter(({ id }) => scene.generations.has(id));
    const waited = await untilReady(awaited, watched, scene, fleet, run, {
      phase: name,
      limitMs: Math.round(limitMs - (run.clock() - began)),
      stateDir: (node) => stateDirOf(known, node),
    });
    if (waited.kind === "late") throw late(waited, name, ascent, run);
    if (waited.kind === "ready") return;
    const diagnosed = await firstCause(waited.deaths, scene, ascent.facts, fleet, run);
    const again = await startAgain(waited.deaths, diagnosed, name, ascent, fleet, run);
    if (again === undefined) throw await stopped(waited.deaths, diagnosed, name, ascent, fleet, run);
    failed = again;
  }
}

/** Says the first cause at once, then stops every group that lost a service: no rank of it can be replaced alone. */
export async function died(
  deaths: readonly Exit[],
  name: Phase,
  ascent: Ascent,
  fleet: Fleet,
  run: Run,
): Promise<Ended> {
  const diagnosed = await firstCause(deaths, ascent.scene, ascent.facts, fleet, run);
  return stopped(deaths, diagnosed, name, ascent, fleet, run);
}

async function stopped(
  deaths: readonly Exit[],
  diagnosed: Diagnosed,
  name: Phase,
  { scene, known, stopAll, sure }: Ascent,
  fleet: Fleet,
  run: Run,
): Promise<Ended> {
  const first = await sayFirstCause(diagnosed, scene, { phase: name, stopAll }, fleet, run);
  if (stopAll) return notUp(scene, [first]);
  await sure();
  const broken = new Set(deaths.map(({ service }) => serviceOf(scene.plan, service)?.group ?? service));
  const standing = await look(known, fleet, run, { ready: false });
  const going = standing.services.filter(({ spec, state }) => state.state === "alive" && broken.has(spec.group));
  await makeRoom(going, known, fleet, run);
  for (const { spec } of going) scene.become(spec.service, "stopped", name);
  return notUp(scene, [first, ...[...broken].filter((group) => group !== first)]);
}

function neverStarted(failed: readonly { service: string; why: string }[], scene: Scene, name: Phase, run: Run) {
  const kept = keptText(scene);
  for (const { service, why } of failed) {
    scene.become(service, "absent", name);
    const one = serviceOf(scene.plan, service);
    const card = {
      title: `${service} was not started`,
      ...(one !== undefined && { where: where(scene.plan, one) }),
      why,
      ...(kept !== undefined && { kept }),
    };
    run.emit(finding(card, "not-started", { phase: name, service, ...(one !== undefined && { node: one.node }) }));
  }
  return notUp(scene, [...new Set(failed.map(({ service }) => serviceOf(scene.plan, service)?.group ?? service))]);
}

function late({ services, absent }: Late, name: Phase, { scene, limitMs }: Ascent, run: Run) {
  const unknown = services.filter(({ id }) => scene.states.get(id) === "unknown");
  if (unknown.length > 0) return lost(scene, unknown);
  run.emit(finding(lateCard(scene, services, limitMs, absent), "not-ready", { phase: name }));
  return notReady(scene, services);
}

type Late = Extract<Waited, { kind: "late" }>;

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
