import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterEvent } from "../../../cluster/events.ts";
import type { Run } from "../../../cluster/run/run.ts";
import type { Known, StatusReport } from "../../../cluster/standing/standing.ts";
import { UserError } from "../../../errors.ts";
import { closing } from "../../../report/ending/closing.ts";
import { show } from "../../../report/live/frame.ts";
import { begin, type Tally, tally } from "../../../report/tally.ts";
import { justify, padEnd } from "../../../report/text/width.ts";
import { naming } from "../../../words/names.ts";
import { duration } from "../../../words/numbers.ts";
import type { Call } from "../../edge/call.ts";
import { EXIT } from "../../edge/exit-codes.ts";
import { makeRun, stateHome } from "../../run/run.ts";
import { demoTopology } from "./place.ts";
import type { Rows } from "./rows.ts";

const TEXT = 88;

/** A step did not end well, and has said so. */
export class StepFailed extends Error {
  override readonly name = "StepFailed";
  readonly exit: number;
  constructor(exit: number) {
    super(`exit ${exit}`);
    this.exit = exit;
  }
}

export interface StageAsk {
  readonly call: Call;
  readonly signal: AbortSignal;
  readonly rows: Rows;
}

/** What the steps share: the plan, the verbs without their views, and how a step is shown. */
export class Stage {
  readonly signal: AbortSignal;
  readonly shown: (id: string) => string;
  readonly model: string;
  readonly engines: readonly string[];
  readonly #call: Call;
  readonly #rows: Rows;
  readonly #drafted: Awaited<ReturnType<typeof demoTopology>>;
  readonly #known: Known;
  #stands = false;

  private constructor(
    { call, signal, rows }: StageAsk,
    drafted: Awaited<ReturnType<typeof demoTopology>>,
    known: Known,
  ) {
    this.#call = call;
    this.#rows = rows;
    this.signal = signal;
    this.#drafted = drafted;
    this.#known = known;
    this.shown = naming(drafted.plan?.services.map(({ id }) => id) ?? []);
    this.engines = drafted.plan?.services.filter(({ kind }) => kind === "engine").map(({ id }) => id) ?? [];
    this.model = drafted.topology?.model.servedName ?? "";
  }

  /** `first`: so many sets of ports have turned out to be taken. */
  static async open(ask: StageAsk, first = 0): Promise<Stage> {
    const [drafted, { knownOf }] = await Promise.all([
      demoTopology(ask.call.env, first),
      import("../../../cluster/index.ts"),
    ]);
    if (drafted.plan === undefined)
      throw new UserError("topology.invalid", { file: drafted.file, first: drafted.diagnostics[0]?.title ?? "" });
    return new Stage(ask, drafted, knownOf(drafted.plan, null));
  }

  say(...lines: string[]): void {
    this.#rows.lines(lines);
  }

  row(sign: string, name: string, text: string, seconds?: number): void {
    const left = `${sign} ${padEnd(name, 10)}${text}`;
    this.say(seconds === undefined ? left : justify(left, duration(seconds), TEXT));
  }

  async up(): Promise<Tally> {
    const [{ up }, { plan }] = await Promise.all([
      import("../../../cluster/index.ts"),
      import("../../../plan/index.ts"),
    ]);
    const { topology, file } = this.#drafted;
    if (topology === undefined) throw new UserError("topology.invalid", { file, first: "" });
    this.#stands = true;
    const options = {
      rehearse: false,
      keep: false,
      onFailure: "keep",
      waitLockMs: 0,
      drainMs: 0,
      smoke: true,
      requireEvidence: true,
      adopt: false,
      secrets: {},
    } as const;
    return this.#folded("up", (run) =>
      up({ topology, skip: topology.preflight.skip, plan: (facts) => plan(topology, facts), file, options }, run),
    );
  }

  /** Was it started by this run, not found running. */
  restarted(state: Tally, id: string): boolean {
    return state.services.get(id)?.started === true;
  }

  async status(): Promise<StatusReport> {
    const { status } = await import("../../../cluster/index.ts");
    return status(this.#known, { nodes: [] }, await this.#run(() => undefined));
  }

  async down(): Promise<void> {
    const state = await this.#takeDown(this.signal);
    if (state.result?.exit !== 0) throw this.failed(state);
    const sum = (of: (row: NonNullable<Tally["receipt"]>["nodes"][number]) => number | null) =>
      state.receipt?.nodes.reduce((all, row) => all + (of(row) ?? 0), 0) ?? 0;
    const left = [
      `${sum((row) => row.processes)} processes`,
      `${sum((row) => row.ports)} ports`,
      `${sum((row) => row.sharedMemory)} shared memory`,
      `${sum((row) => row.files)} files left`,
    ];
    this.row("✔", "down", left.join(", "), state.result.seconds);
  }

  async #takeDown(signal: AbortSignal): Promise<Tally> {
    const { down } = await import("../../../cluster/index.ts");
    const state = await this.#folded("down", (run) =>
      down(this.#known, { discardLogs: true, forget: [], waitLockMs: 0 }, { ...run, signal }),
    );
    if (state.result?.exit === 0) {
      this.#stands = false;
      await rm(join(stateHome(this.#call.env, this.#call.places.home), this.#known.cluster), {
        recursive: true,
        force: true,
      });
    }
    return state;
  }

  /** Takes down what stands, without a word about it. */
  leave(): Promise<Tally> {
    return this.#takeDown(this.signal);
  }

  /** Whatever happened, nothing of the demo stays. */
  async clear(): Promise<void> {
    if (!this.#stands) return;
    const { result, cluster } = await this.#takeDown(new AbortController().signal);
    if (result === undefined) return;
    const { receipt: _, ...rest } = result; // removed with the rest
    const next = result.exit === EXIT.done ? ["pdctl demo"] : rest.next;
    this.say(...closing({ ...rest, next }, cluster));
  }

  /** Shows why a verb did not end well; to be thrown, so that no further step begins. */
  failed(state: Tally): StepFailed {
    const { result, cluster, findings } = state;
    this.say(...findings.filter(({ level }) => level === "error").flatMap((found) => [...show(found), ""]));
    if (result !== undefined && !this.signal.aborted) {
      const { kept: _, nextWhy: __, ...rest } = result; // all of it goes now
      this.say(...closing({ ...rest, next: [] }, cluster), "");
    }
    return new StepFailed(result?.exit ?? EXIT.failed);
  }

  async #folded(verb: string, work: (run: Run) => Promise<number>): Promise<Tally> {
    let state: Tally = begin(verb);
    await work(
      await this.#run((event) => {
        state = tally(state, event);
      }),
    );
    return state;
  }

  #run(showEvent: (event: ClusterEvent) => void): Promise<Run> {
    return makeRun({ signal: this.signal, env: this.#call.env, home: this.#call.places.home, show: showEvent });
  }
}
