import { causesOf, type Death, type Diagnosed, diagnose } from "../../diagnose/index.ts";
import { Bug } from "../../errors.ts";
import type { Facts } from "../../facts/index.ts";
import type { Plan } from "../../plan/plan.ts";
import type { FindingData, Phase } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { holders } from "../fleet/gather.ts";
import { tailOf } from "../fleet/tail.ts";
import { userError } from "../run/node-errors.ts";
import type { Run } from "../run/run.ts";
import { finding } from "../run/verb.ts";
import { deathCard, serviceOf } from "./cards.ts";
import type { Scene } from "./scene.ts";
import { partsOf } from "./spec.ts";
import type { Exit } from "./wait.ts";

const LOG_LINES = 2_000; // of a dead service: its first error is nearly always in them, its last twenty always

/** Which death came first, and why. */
export async function firstCause(
  deaths: readonly Exit[],
  scene: Scene,
  facts: readonly Facts[],
  fleet: Fleet,
  run: Run,
): Promise<Diagnosed> {
  const seen = await Promise.all(deaths.map((exit) => deathOf(exit, scene.plan, facts, fleet, run)));
  const diagnosed = diagnose(seen, causesOf(partsOf(scene.plan)));
  if (diagnosed === undefined) throw new Bug("a wait ended by a death has a death");
  return diagnosed;
}

/** Says it: the one finding of a failed start. Returns the group that it belongs to. */
export async function sayFirstCause(
  diagnosed: Diagnosed,
  scene: Scene,
  { phase, stopAll }: { phase: Phase; stopAll: boolean },
  fleet: Fleet,
  run: Run,
): Promise<string> {
  const told = deathCard(scene, diagnosed, scene.livedMs(diagnosed.first.service));
  const card = stopAll ? withoutRest(told) : told;
  const held = /Address already in use|EADDRINUSE/.test(diagnosed.why[0] ?? "")
    ? await heldBy(diagnosed.first.service, scene.plan, fleet, run)
    : undefined;
  const service = serviceOf(scene.plan, diagnosed.first.service);
  run.emit(
    finding({ ...card, ...(held !== undefined && { cause: held }) }, diagnosed.cause?.id, {
      phase,
      service: diagnosed.first.service,
      ...(service !== undefined && { node: service.node }),
    }),
  );
  return diagnosed.first.group;
}

/** Where all is stopped, nothing is kept and no group is named. */
const withoutRest = ({ kept: _kept, then: _then, ...card }: FindingData): FindingData => ({
  ...card,
  then: "everything else is stopped",
});

async function deathOf(
  { service, exit, signal, atMs }: Exit,
  plan: Plan,
  facts: readonly Facts[],
  fleet: Fleet,
  run: Run,
): Promise<Death> {
  const { node, group } = serviceOf(plan, service) ?? { node: "", group: service };
  const stateDir = plan.nodes.find(({ name }) => name === node)?.stateDir ?? "";
  const offset = facts.find((one) => one.node === node)?.clockOffsetMs ?? 0;
  return {
    service,
    group,
    exit,
    signal,
    atMs: atMs === null ? null : atMs - offset,
    log: await logOf(service, node, stateDir, fleet, run),
  };
}

/** A node that went away with its service keeps the log to itself; the death is known all the same. */
async function logOf(
  service: string,
  node: string,
  stateDir: string,
  fleet: Fleet,
  run: Run,
): Promise<readonly string[]> {
  try {
    return await tailOf(service, node, stateDir, LOG_LINES, fleet, run);
  } catch (error) {
    run.signal.throwIfAborted();
    userError(error);
    return [];
  }
}

/** Who took the port between the check and the start. */
export async function heldBy(id: string, plan: Plan, fleet: Fleet, run: Run): Promise<string | undefined> {
  const service = serviceOf(plan, id);
  if (service === undefined) return undefined;
  const found = await holders(
    fleet.session(service.node),
    service.listens.map(({ port }) => port),
    run,
  );
  const texts = [...found].map(([port, who]) => `${port} is held by ${who}`);
  return texts.length === 0 ? undefined : texts.join("; ");
}
