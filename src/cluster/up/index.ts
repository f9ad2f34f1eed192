import type { Plan, Service } from "../../plan/plan.ts";
import { type Lock, lock, writeState } from "../../supervise/index.ts";
import { folded } from "../../words/names.ts";
import { several, size } from "../../words/numbers.ts";
import type { Phase, ProofData } from "../events.ts";
import { Fleet, NodeErrors } from "../fleet.ts";
import { stateDirOf } from "../look.ts";
import { phase } from "../phase.ts";
import type { Run } from "../run.ts";
import { makeProof } from "../smoke/make-proof.ts";
import { coveredText, proofText } from "../smoke/proof-text.ts";
import { writtenBy } from "../smoke/witness.ts";
import { word } from "../status-report.ts";
import { type Closing, verb } from "../verb.ts";
import type { UpAsk } from "./ask.ts";
import { isUp, leftRunning, notProven } from "./endings.ts";
import { type Launch, push } from "./launch.ts";
import { makeRoom } from "./make-room.ts";
import { rehearsed } from "./rehearsed.ts";
import { enginesOf } from "./spec.ts";
import { type Survey, survey } from "./survey.ts";
import { Scene } from "./wait.ts";
import { climbWave, phaseOf } from "./wave.ts";

export type { UpAsk, UpOptions } from "./ask.ts";

/** Starts what is missing, restarts what differs, leaves the rest, and ends with a proof. Returns the exit code. */
export async function up(ask: UpAsk, run: Run): Promise<number> {
  const { plan } = ask.plan([]);
  run.about(plan.cluster, 0);
  const climb = new Climb(ask, plan, run);
  try {
    return await verb(run, "up", climb, () => climb.go());
  } finally {
    await climb.close();
  }
}

/** One `up` under way; what it knows so far serves the last words, however early they come. */
class Climb {
  readonly not = "is not up";
  readonly #ask: UpAsk;
  readonly #run: Run;
  readonly #fleet: Fleet;
  readonly #provisional: Plan;
  #scene: Scene | undefined;
  #lock: Lock | undefined;

  constructor(ask: UpAsk, provisional: Plan, run: Run) {
    this.#ask = ask;
    this.#run = run;
    this.#provisional = provisional;
    this.#fleet = new Fleet(
      provisional.nodes.map(({ name, host, ssh }) => ({ node: name, host, ssh })),
      run,
    );
  }

  async go(): Promise<Closing> {
    const [run, fleet, { options }] = [this.#run, this.#fleet, this.#ask];
    this.#announce();
    await phase(run, "connect", () => this.#connect());
    const seen = await phase(run, "check", () => survey(this.#provisional, this.#ask, fleet, run));
    const { plan, known, facts, standing, delta } = seen;
    const starts = [...delta.start, ...delta.restart.map(({ service }) => service)];
    const changes = starts.length + delta.stop.length;
    const launch: Launch = { plan, generation: standing.generation + (changes > 0 ? 1 : 0), secrets: options.secrets };
    run.about(plan.cluster, launch.generation);
    const scene = this.#recall(seen);
    if (changes > 0) await phase(run, "push", () => this.#push(launch, starts, seen));
    const limitMs = options.readyMs ?? plan.timeouts.readyMs;
    const ascent = { launch, known, facts, scene, limitMs, stopAll: options.onFailure === "stop" || options.rehearse };
    for (const ids of plan.waves) {
      const mine = (services: readonly Service[]) => services.filter(({ id }) => ids.includes(id));
      await climbWave(mine(plan.services), mine(starts), ascent, fleet, run);
    }
    const proof = options.smoke ? await this.#prove(seen, scene) : undefined;
    if (options.rehearse && !options.keep) return rehearsed(known, plan, proof, fleet, run);
    return isUp(plan, standing, changes, proof === undefined ? undefined : proofText(proof));
  }

  async #connect(): Promise<{ text: string }> {
    const [run, fleet, { options }] = [this.#run, this.#fleet, this.#ask];
    await fleet.open();
    if (fleet.failed.length > 0) throw new NodeErrors(fleet.failed, fleet.nodes.length);
    const first = fleet.session(fleet.nodes[0] ?? "");
    const holder = {
      owner: run.owner,
      verb: options.rehearse ? "up --rehearse" : "up",
      since: new Date().toISOString(),
      pid: process.pid,
    };
    const ask = { cluster: this.#provisional.cluster, holder, waitMs: options.waitLockMs };
    this.#lock = await lock(first, ask, fleet.scripts, run.signal);
    return { text: `${fleet.reached.length} of ${several(fleet.nodes.length, "node")}, lock on ${first.node}` };
  }

  /** What runs already and stays is where the scene begins. */
  #recall({ plan, standing, delta }: Survey): Scene {
    const scene = new Scene(plan, this.#run);
    const keep = new Set(delta.keep.map(({ id }) => id));
    for (const { spec, state, ready } of standing.services)
      if (keep.has(spec.service)) scene.keep(spec.service, word(state, ready, spec.ready.length > 0), spec.generation);
    this.#scene = scene;
    return scene;
  }

  /** Stops what goes or restarts, then puts every file where it belongs. */
  async #push(
    launch: Launch,
    starts: readonly Service[],
    { plan, known, standing, delta }: Survey,
  ): Promise<{ text: string }> {
    const [run, fleet] = [this.#run, this.#fleet];
    const restarting = new Set(delta.restart.map(({ service }) => service.id));
    const again = standing.services.filter(
      ({ spec, state }) => restarting.has(spec.service) && state.state === "alive",
    );
    const going = [...delta.stop, ...again];
    await makeRoom(going, known, fleet, run);
    const state = { cluster: plan.cluster, owner: run.owner, generation: launch.generation };
    await fleet.all((session, node) =>
      writeState(session, { stateDir: stateDirOf(known, node), state }, fleet.scripts, run.signal),
    );
    const { files, bytes, nodes } = await push(starts, launch, fleet, run);
    const stopped = going.length === 0 ? "" : `; stopped ${folded(going.map(({ spec }) => spec.service))}`;
    return { text: `${several(files, "file")}, ${size(bytes)} to ${several(nodes, "node")}${stopped}` };
  }

  async #prove({ plan, known }: Survey, scene: Scene): Promise<ProofData> {
    const { step, targets } = { step: plan.smoke, targets: plan.targets };
    const { requireEvidence } = this.#ask.options;
    const proof = {
      step,
      targets,
      written: writtenBy(enginesOf(plan), targets, (node) => stateDirOf(known, node)),
      paths: plan.rehearsal,
      requireEvidence,
      limitMs: plan.timeouts.smokeMs,
      stateDir: stateDirOf(known, step.node),
    };
    const { data } = await phase(this.#run, "smoke", async () => {
      const made = await makeProof(proof, this.#fleet, this.#run);
      if (made.failed || made.data === undefined) throw notProven(scene);
      return { text: coveredText(made.data), data: made.data };
    });
    return data;
  }

  /** The verb's first words: what it is about, and what each later phase waits for. */
  #announce(): void {
    const { services, nodes, hash, waves, rehearsal } = this.#provisional;
    const engines = services.filter(({ kind }) => kind === "engine").length;
    const { file } = this.#ask;
    const data = {
      verb: "up",
      version: this.#run.version,
      plan: hash,
      services: services.length,
      engines,
      nodes: nodes.length,
      file,
      rehearsal,
    };
    this.#run.emit({ type: "start", level: "info", data });
    const names = waves
      .filter((ids) => ids.length > 0)
      .map((ids) => phaseOf(services.filter(({ id }) => ids.includes(id))));
    const waits: Partial<Record<Phase, string>> = { proxy: several(engines, "engine"), smoke: "the proxy" };
    for (const name of new Set<Phase>([
      "connect",
      "check",
      "push",
      ...names,
      ...(this.#ask.options.smoke ? (["smoke"] as const) : []),
    ])) {
      const awaits = waits[name];
      this.#run.emit({
        type: "phase",
        phase: name,
        level: "info",
        data: { state: "waiting", ...(awaits !== undefined && { awaits }) },
      });
    }
  }

  left(): Pick<Closing, "kept" | "next" | "nextWhy" | "state"> {
    return leftRunning(this.#scene);
  }

  async close(): Promise<void> {
    await this.#lock?.release();
    await this.#fleet.close();
  }
}
