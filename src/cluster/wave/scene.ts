import type { Plan } from "../../plan/plan.ts";
import type { Phase, ServiceWord } from "../events.ts";
import type { Run } from "../run/run.ts";

/** How far everything is; the one object of a verb that changes, and only through `become`. */
export class Scene {
  readonly plan: Plan;
  readonly states = new Map<string, ServiceWord>();
  readonly progress = new Map<string, string>();
  readonly generations = new Map<string, number>();
  /** The service that became ready last. */
  lastReady: string | undefined;
  readonly #run: Run;
  readonly #kept = new Set<string>();
  readonly #since = new Map<string, number>();
  readonly #lived = new Map<string, number>();

  constructor(plan: Plan, run: Run) {
    this.plan = plan;
    this.#run = run;
    for (const { id } of plan.services) this.states.set(id, "waiting");
  }

  become(
    id: string,
    state: ServiceWord,
    phase: Phase,
    data: { pid?: number; exit?: number | null; signal?: string | null; progress?: string } = {},
  ): void {
    const from = this.states.get(id) ?? "waiting";
    if (from === state && data.progress === undefined) return;
    if (state === "starting" && from !== "unknown") this.#since.set(id, this.#run.clock()); // its node was away, it was not
    if (data.progress !== undefined) this.progress.set(id, data.progress);
    this.states.set(id, state);
    if (state === "ready") this.lastReady = id;
    const began = this.#since.get(id);
    if (state === "died" && began !== undefined) this.#lived.set(id, this.#run.clock() - began);
    const node = this.plan.services.find((one) => one.id === id)?.node;
    this.#run.emit({
      type: "service",
      level: state === "died" ? "error" : state === "unknown" ? "warning" : "info",
      phase,
      ...(node !== undefined && { node }),
      service: id,
      data: {
        state,
        from,
        ...data,
        ...(began !== undefined && state !== "starting" && { seconds: Math.round(this.#run.clock() - began) / 1000 }),
      },
    });
  }

  /** How long a service that died had lived, as far as this verb saw it start; null: it did not. */
  livedMs(id: string): number | null {
    return this.#lived.get(id) ?? null;
  }

  /** Known to run already, and not by this verb: said as what it is, nothing changed. */
  keep(id: string, state: ServiceWord, generation: number): void {
    this.states.set(id, state);
    this.generations.set(id, generation);
    this.#kept.add(id);
    const service = this.plan.services.find((one) => one.id === id);
    if (service === undefined) return;
    const phase = service.kind === "engine" ? "engines" : service.kind;
    const data = { state, from: state, kept: true } as const;
    this.#run.emit({ type: "service", level: "info", phase, node: service.node, service: id, data });
  }

  /** Something was started, or may have been. */
  get touched(): boolean {
    return [...this.states].some(([id, word]) => word !== "waiting" && !this.#kept.has(id));
  }
}
