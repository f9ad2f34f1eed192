import type { Socket } from "node:net";
import { Aborted, type Ask, EngineDied, type Rank, RequestFailed, type Step } from "../engine/ask.ts";
import { Counters, type Snapshot } from "../engine/counters.ts";
import { isObject, type JsonObject } from "../json.ts";
import { sendFrame } from "../kv/frames.ts";
import { readStep } from "./link-messages.ts";

type Told = { readonly step: Step } | { readonly error: Error };

/** A rank in a headless process: asked over the group's link, it answers step by step. */
export class RemoteRank implements Rank {
  readonly rank: number;
  dead = false;
  private readonly open = new Map<string, (told: Told) => void>();
  private stats: Snapshot = new Counters({ nixl: false }).snapshot(); // until it tells its own
  private socket: Socket | undefined;

  constructor(rank: number) {
    this.rank = rank;
  }

  get running(): number {
    return this.open.size;
  }

  attach(socket: Socket): void {
    this.socket = socket;
  }

  snapshot(): Snapshot {
    return this.stats;
  }

  /** A message of the link that names this rank. */
  hear(head: JsonObject): void {
    if (head.op === "stats" && isObject(head.snapshot)) {
      this.stats = Object.fromEntries(Object.entries(head.snapshot).map(([key, value]) => [key, Number(value)]));
    }
    const tell = this.open.get(String(head.id));
    if (tell === undefined) return;
    const step = head.op === "step" ? readStep(head.step) : undefined;
    if (step !== undefined) tell({ step });
    if (head.op === "failed") tell({ error: head.died === true ? new EngineDied([]) : new RequestFailed() });
  }

  decline(kvParams: JsonObject): void {
    if (this.socket !== undefined) sendFrame(this.socket, { op: "decline", rank: this.rank, kvParams });
  }

  async *generate(ask: Ask, signal: AbortSignal): AsyncGenerator<Step> {
    const told: Told[] = [];
    let wake = () => {};
    this.open.set(ask.id, (one) => {
      told.push(one);
      wake();
    });
    const leave = () => {
      if (this.socket !== undefined) sendFrame(this.socket, { op: "abort", rank: this.rank, id: ask.id });
      told.push({ error: new Aborted() });
      wake();
    };
    signal.addEventListener("abort", leave, { once: true });
    try {
      if (this.socket !== undefined) sendFrame(this.socket, { op: "run", rank: this.rank, ask });
      for (;;) {
        const next = told.shift();
        if (next === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        } else if ("error" in next) throw next.error;
        else {
          yield next.step;
          if (next.step.kind === "end") return;
        }
      }
    } finally {
      signal.removeEventListener("abort", leave);
      this.open.delete(ask.id);
    }
  }
}
