import { setTimeout as pause } from "node:timers/promises";
import type { Service } from "../../plan/plan.ts";
import type { Phase } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Run } from "../run/run.ts";
import type { Scene } from "./scene.ts";
import { type Exit, hearAll, SETTLE_MS } from "./wait.ts";

/** How work among living services ended. */
export type Alive<T> =
  | { readonly kind: "done"; readonly value: T }
  | { readonly kind: "died"; readonly deaths: readonly Exit[] };

const NEWS_MS = 1_000; // a death reaches us a little later than what follows from it: a connection that was cut

/**
 * Does work that needs all services alive. The death of one ends it, and is its reason whatever the work met because of it: before
 * the work calls anything its own failure, it awaits `sure`.
 */
export async function whileAlive<T>(
  services: readonly Service[],
  scene: Scene,
  fleet: Fleet,
  run: Run,
  { phase, stateDir }: { phase: Phase; stateDir: (node: string) => string },
  work: (run: Run, sure: () => Promise<void>) => Promise<T>,
): Promise<Alive<T>> {
  const [over, death] = [new AbortController(), new AbortController()];
  const deaths: Exit[] = [];
  const heard = hearAll(
    services,
    scene,
    fleet,
    (event) => {
      if (event.type !== "exit") return;
      scene.become(event.service, "died", phase, { exit: event.exit, signal: event.signal });
      if (deaths.push(event) === 1) setTimeout(() => death.abort(DIED), SETTLE_MS);
    },
    { phase, stateDir, signal: AbortSignal.any([run.signal, over.signal]) },
  );
  heard.catch((error: unknown) => death.abort(error)); // a bug in the watch ends the work, too
  const signal = AbortSignal.any([run.signal, death.signal]);
  try {
    const sure = () => pause(NEWS_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
    return { kind: "done", value: await work({ ...run, signal }, sure) };
  } catch (error) {
    run.signal.throwIfAborted();
    if (deaths.length === 0) throw error;
    return { kind: "died", deaths };
  } finally {
    over.abort(OVER);
    await heard;
  }
}

const DIED = Symbol("a service died");
const OVER = Symbol("the work is over");
