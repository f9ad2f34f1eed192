import { progressOf } from "../../diagnose/index.ts";
import { UserError } from "../../errors.ts";
import type { Service } from "../../plan/plan.ts";
import type { WatchEvent } from "../../supervise/index.ts";
import { watch } from "../../supervise/index.ts";
import type { Phase } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { userError, whyOf } from "../run/node-errors.ts";
import type { Run } from "../run/run.ts";
import { Absent } from "./absent.ts";
import type { Scene } from "./scene.ts";

/** How a wait for readiness ended. */
export type Waited =
  | { readonly kind: "ready" }
  | { readonly kind: "died"; readonly deaths: readonly Exit[] }
  /** `absent`: engines that their group waits for in silence, with what to say of each. */
  | { readonly kind: "late"; readonly services: readonly Service[]; readonly absent: ReadonlyMap<string, string> };

export type Exit = Extract<WatchEvent, { type: "exit" }>;

export const SETTLE_MS = 400; // deaths of one cause reach us over several connections: this long others may still join the first
const BEAT_MS = 10_000; // how often a wait says what it waits for

/**
 * Waits until all `awaited` are ready. The death of any watched service ends it at once, whatever it was waiting for; a node that
 * is lost is asked again until the time is over. Nothing is stopped here.
 */
export async function untilReady(
  awaited: readonly Service[],
  watched: readonly Service[],
  scene: Scene,
  fleet: Fleet,
  run: Run,
  { phase, limitMs, stateDir }: { phase: Phase; limitMs: number; stateDir: (node: string) => string },
): Promise<Waited> {
  const began = run.clock();
  const open = new Set(awaited.filter(({ id }) => scene.states.get(id) !== "ready").map(({ id }) => id));
  if (open.size === 0) return { kind: "ready" };
  const deaths: Exit[] = [];
  const done = new AbortController(); // ends the watches; its reason is never an error of ours
  const late = AbortSignal.timeout(Math.max(1, limitMs));
  const signal = AbortSignal.any([run.signal, done.signal, late]);
  const finish = () => done.abort(DONE);

  const hear = (event: WatchEvent) => {
    if (event.type === "exit") {
      scene.become(event.service, "died", phase, { exit: event.exit, signal: event.signal });
      if (deaths.push(event) === 1) setTimeout(finish, SETTLE_MS);
    } else if (event.type === "ready") {
      scene.become(event.service, "ready", phase);
      if (open.delete(event.service) && open.size === 0 && deaths.length === 0) finish();
    } else if (event.type === "log") {
      const progress = progressOf(event.line);
      if (progress !== undefined && scene.states.get(event.service) !== "ready")
        scene.become(event.service, "loading", phase, { progress });
    }
  };
  const bugs: unknown[] = [];
  const absent = new Absent(scene, fleet, stateDir);
  const beat = setInterval(() => {
    const behind = awaited.filter(({ id }) => open.has(id));
    absent.look(behind, phase, signal).catch((error: unknown) => {
      if (signal.aborted) return;
      bugs.push(error);
      finish();
    });
    const times = { seconds: Math.round((run.clock() - began) / 1000), limit: Math.round(limitMs / 1000) };
    const data = {
      ready: awaited.length - open.size,
      of: awaited.length,
      ...times,
      ...leastFar(behind, absent, scene),
    };
    run.emit({ type: "progress", level: "info", phase, data });
  }, BEAT_MS);
  try {
    await hearAll(watched, scene, fleet, hear, { phase, stateDir, signal });
  } finally {
    clearInterval(beat);
    finish();
  }
  run.signal.throwIfAborted();
  if (bugs.length > 0) throw bugs[0];
  if (deaths.length > 0) return { kind: "died", deaths };
  return open.size === 0
    ? { kind: "ready" }
    : { kind: "late", services: awaited.filter(({ id }) => open.has(id)), absent: absent.now };
}

const DONE = Symbol("the wait is over");

/** Who is awaited, whom the others wait for first, and how far the least far of them is. */
function leastFar(open: readonly Service[], { now }: Absent, { progress }: Scene): { behind: string[]; text: string } {
  const behind = open.map(({ id }) => id).toSorted((a, b) => Number(now.has(b)) - Number(now.has(a)));
  const far = behind.map((id) => progress.get(id)).find((text) => text !== undefined);
  return { behind, text: far ?? "starting, no HTTP yet" };
}

/** What is heard where: the phase that events belong to, the nodes' state directories, and the signal that ends it. */
export interface Hearing {
  readonly phase: Phase;
  readonly stateDir: (node: string) => string;
  readonly signal: AbortSignal;
}

/** Hears all services, one channel per node, until the signal; that it ended so is no error. */
export async function hearAll(
  watched: readonly Service[],
  scene: Scene,
  fleet: Fleet,
  hear: (event: WatchEvent) => void,
  { phase, stateDir, signal }: Hearing,
): Promise<void> {
  const nodes = [...new Set(watched.map(({ node }) => node))];
  const follow = (node: string) => {
    const mine = watched.filter((one) => one.node === node);
    return followNode(node, mine, scene, fleet, hear, { phase, stateDir: stateDir(node), signal });
  };
  await Promise.all(nodes.map(follow)).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** Hears one node until the signal; through every loss of its connection. */
async function followNode(
  node: string,
  services: readonly Service[],
  scene: Scene,
  fleet: Fleet,
  hear: (event: WatchEvent) => void,
  { phase, stateDir, signal }: { phase: Phase; stateDir: string; signal: AbortSignal },
): Promise<void> {
  const asked = services.map(({ id }) => ({ service: id, generation: scene.generations.get(id) ?? 0 }));
  for (;;) {
    try {
      for await (const event of watch(
        fleet.session(node),
        { stateDir, services: asked, logs: true },
        fleet.scripts,
        signal,
      ))
        hear(event);
      signal.throwIfAborted();
      throw new UserError("node.silent", { node, address: node, awaited: "the watch", afterMs: 0 });
    } catch (error) {
      signal.throwIfAborted();
      const before = new Map(services.map(({ id }) => [id, scene.states.get(id)]));
      for (const { id } of services) scene.become(id, "unknown", phase);
      await fleet.again(node, whyOf(userError(error)), signal);
      for (const [id, state = "starting"] of before) scene.become(id, state === "unknown" ? "starting" : state, phase);
    }
  }
}
