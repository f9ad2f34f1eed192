import type { Diagnosed } from "../../diagnose/index.ts";
import { writeState } from "../../supervise/index.ts";
import type { Phase } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Run } from "../run/run.ts";
import { finding } from "../run/verb.ts";
import { look, stateDirOf } from "../standing/look.ts";
import { stateOf } from "../standing/node-state.ts";
import { deathCard } from "./cards.ts";
import { startAll } from "./launch.ts";
import { makeRoom } from "./make-room.ts";
import { drewTakenPort } from "./stray-port.ts";
import type { Exit } from "./wait.ts";
import type { Ascent } from "./wave.ts";

/**
 * Starts the group of an engine that met a taken port which is not the plan's: all of it, once per group and run, under the next
 * generation, so that nobody takes the first try's end for this one's.
 * @returns  services that could not be started, with why; undefined: it is no such end, or was tried already
 */
export async function startAgain(
  deaths: readonly Exit[],
  diagnosed: Diagnosed,
  name: Phase,
  ascent: Ascent,
  fleet: Fleet,
  run: Run,
): Promise<readonly { service: string; why: string }[] | undefined> {
  const { scene, known, restarted, launch } = ascent;
  const { group } = diagnosed.first;
  const mine = launch.plan.services.filter((one) => one.group === group);
  const others = deaths.some(({ service }) => mine.every(({ id }) => id !== service));
  if (name !== "engines" || others || restarted.has(group)) return undefined;
  if (!(await drewTakenPort(diagnosed, launch.plan, fleet, run))) return undefined;
  restarted.add(group);
  const { kept: _kept, do: _do, ...card } = deathCard(scene, diagnosed, scene.livedMs(diagnosed.first.service));
  const node = mine.find(({ id }) => id === diagnosed.first.service)?.node;
  const data = {
    ...card,
    cause: "a port was taken that is not the plan's: one that is drawn at random",
    then: `${group} is started again, once`,
  };
  const at = { phase: name, service: diagnosed.first.service, ...(node !== undefined && { node }) };
  run.emit({ ...finding(data, diagnosed.cause?.id, at), level: "warning" });
  await ascent.sure();
  const standing = await look(known, fleet, run, { ready: false });
  const alive = standing.services.filter(({ spec, state }) => state.state === "alive" && spec.group === group);
  await makeRoom(alive, known, fleet, run);
  for (const { spec } of alive) scene.become(spec.service, "stopped", name);
  ascent.launch = { ...launch, generation: launch.generation + 1 };
  await nextGeneration(ascent, fleet, run);
  return startAll(mine, name, ascent.launch, scene, fleet, run);
}

/** Every node knows the number, so that the next run counts on from it. */
async function nextGeneration({ launch: { plan, generation }, known }: Ascent, fleet: Fleet, run: Run): Promise<void> {
  const state = stateOf(plan, known, generation, run);
  await fleet.all(
    (session, node) => writeState(session, { stateDir: stateDirOf(known, node), state }, fleet.scripts, run.signal),
    plan.nodes.map(({ name }) => name),
  );
  run.about(plan.cluster, generation);
}
