import type { Service } from "../../plan/plan.ts";
import { meets } from "../../supervise/index.ts";
import type { Phase } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { userError } from "../run/node-errors.ts";
import { missingAt, type Rendezvous, rendezvousOf } from "./rendezvous.ts";
import type { Scene } from "./scene.ts";

/** Engines that their group waits for in silence. One that is only a little later than its head is none: it has to be missed twice. */
export class Absent {
  readonly #scene: Scene;
  readonly #fleet: Fleet;
  readonly #stateDir: (node: string) => string;
  #missed: ReadonlyMap<string, string> = new Map();
  #now: ReadonlyMap<string, string> = new Map();
  #looking = false;

  constructor(scene: Scene, fleet: Fleet, stateDir: (node: string) => string) {
    this.#scene = scene;
    this.#fleet = fleet;
    this.#stateDir = stateDir;
  }

  /** By service, what to say of it: `has not come to decode-0-0 on 10.0.0.1:13345`. */
  get now(): ReadonlyMap<string, string> {
    return this.#now;
  }

  /** Asks the nodes of groups that are not ready yet, and says of each engine that is missed where it is awaited. */
  async look(open: readonly Service[], phase: Phase, signal: AbortSignal): Promise<void> {
    const meetings = rendezvousOf(this.#scene.plan, open);
    if (this.#looking || meetings.length === 0) return;
    this.#looking = true;
    try {
      const missing = await this.#missing(meetings, signal);
      if (signal.aborted) return;
      const before = this.#now;
      this.#now = new Map([...missing].filter(([id]) => this.#missed.has(id)));
      this.#missed = missing;
      for (const [id, progress] of this.#now) this.#say(id, progress, phase);
      for (const id of before.keys()) if (!this.#now.has(id)) this.#say(id, "has met its group", phase);
    } finally {
      this.#looking = false;
    }
  }

  /** A node that does not answer is somebody else's business. */
  async #missing(meetings: readonly Rendezvous[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const nodes = [...new Set(meetings.flatMap(({ head, others }) => [head, ...others].map(({ node }) => node)))];
    const ports = [...new Set(meetings.flatMap((one) => one.ports))];
    const outcomes = await this.#fleet.on(
      (session, node) => meets(session, { stateDir: this.#stateDir(node), ports }, this.#fleet.scripts, signal),
      nodes,
    );
    if (!signal.aborted) for (const one of outcomes) if (!one.ok) userError(one.error); // anything else is a bug
    const seen = outcomes.flatMap((one) => (one.ok ? one.value : []));
    return new Map(meetings.flatMap((one) => [...missingAt(one, seen)]));
  }

  /** It may have died, become ready or been lost meanwhile. */
  #say(id: string, progress: string, phase: Phase): void {
    const state = this.#scene.states.get(id);
    if (state === "starting" || state === "loading") this.#scene.become(id, "loading", phase, { progress });
  }
}
