import type { Plan, Service } from "../../plan/plan.ts";
import { several } from "../../words/numbers.ts";
import type { Delta } from "../changes/changes.ts";
import { Fleet } from "../fleet/fleet.ts";
import { Hold } from "../fleet/hold.ts";
import { type Rolling, roll } from "../rolling/roll.ts";
import { NodeErrors } from "../run/node-errors.ts";
import { phase } from "../run/phase.ts";
import { Pulse, pulsing } from "../run/pulse.ts";
import type { Run } from "../run/run.ts";
import { type Closing, Ended, verb } from "../run/verb.ts";
import { proofText } from "../smoke/proof-text.ts";
import { look, stateDirOf } from "../standing/look.ts";
import type { Known } from "../standing/standing.ts";
import { word } from "../status/status-report.ts";
import { isUp, leftRunning, stoppedAll } from "../wave/endings.ts";
import type { Launch } from "../wave/launch.ts";
import { makeRoom } from "../wave/make-room.ts";
import { Scene } from "../wave/scene.ts";
import { type Ascent, climbWave, phaseOf } from "../wave/wave.ts";
import { agree } from "./agree.ts";
import { announce } from "./announce.ts";
import type { UpAsk } from "./ask.ts";
import { type Former, formerNodes, leaveFormer } from "./former.ts";
import { keepGoing } from "./keep-going.ts";
import { proveUp } from "./prove.ts";
import { pull } from "./pull.ts";
import { isSide, putInPlace } from "./put-in-place.ts";
import { rehearsed } from "./rehearsed.ts";
import { leaseText, renewLease } from "./renew-lease.ts";
import { rollingOf } from "./rolling.ts";
import { setUp } from "./setup.ts";
import { deltaOf, type Survey, survey } from "./survey.ts";

export type { UpAsk, UpOptions } from "./ask.ts";

/** Starts what is missing, restarts what differs, leaves the rest, and ends with a proof. Returns the exit code. */
export async function up(ask: UpAsk, run: Run): Promise<number> {
  const { plan } = ask.plan([]);
  run.about(plan.cluster, 0);
  const pulse = new Pulse();
  const climb = new Climb(ask, plan, await formerNodes(plan, run.stateHome), pulsing(run, pulse));
  try {
    return await verb(run, ask.again === undefined ? "up" : "restart", climb, () => climb.go());
  } finally {
    pulse.stop();
    await climb.close();
  }
}

const startsOf = ({ start, restart }: Delta): readonly Service[] => [
  ...start,
  ...restart.map(({ service }) => service),
];

/** `restart` is an `up` that changes what it is told, and nothing else. */
const nameOf = ({ again, options }: UpAsk) =>
  again !== undefined ? "restart" : options.rehearse ? "up --rehearse" : "up";

/** One `up` under way; what it knows so far serves the last words, however early they come. */
class Climb {
  readonly #ask: UpAsk;
  readonly #run: Run;
  readonly #fleet: Fleet;
  readonly #provisional: Plan;
  readonly #former: readonly Former[];
  #scene: Scene | undefined;
  #hold: Hold | undefined;

  constructor(ask: UpAsk, provisional: Plan, former: readonly Former[], run: Run) {
    this.#ask = ask;
    this.#run = run;
    this.#provisional = provisional;
    this.#former = former;
    const planned = provisional.nodes.map(({ name, host, ssh }) => ({ node: name, host, ssh }));
    this.#fleet = new Fleet([...planned, ...former], run);
  }

  async go(): Promise<Closing> {
    const [run, fleet, { options, file }] = [this.#run, this.#fleet, this.#ask];
    const said = this.#ask.again === undefined ? "up" : "restart";
    announce(this.#provisional, { verb: said, file, smoke: options.smoke }, run);
    await phase(run, "connect", () => this.#connect());
    const lock = async (nodes: readonly string[]) => this.#hold?.also(nodes);
    const surveyed = await phase(run, "check", () =>
      survey(this.#provisional, this.#ask, this.#former, lock, fleet, run),
    );
    const seen = await this.#prepare(surveyed);
    const { facts, plan, standing } = seen;
    const rolling = rollingOf(seen, options.drainMs);
    const { launch, starts, changes } = this.#intend(seen);
    const scene = seen.delta === surveyed.delta && this.#scene ? this.#scene : this.#recall(seen); // what stays is said once
    if (changes > 0)
      await phase(run, "push", async () => {
        await this.#sure(seen.known, standing.generation);
        return putInPlace({ launch, starts, seen, rolling }, fleet, run);
      });
    const ttlMs = await renewLease(options, seen, fleet, run);
    const known = rolling === undefined ? await this.#leave(seen) : seen.known; // what rolls still runs there
    const ascent: Ascent = {
      launch,
      known,
      facts,
      scene,
      limitMs: options.readyMs ?? plan.timeouts.readyMs,
      stopAll: options.onFailure === "stop" || options.rehearse,
      restarted: new Set(),
      sure: () => this.#sure(seen.known, ascent.launch.generation),
    };
    try {
      const ended = await this.#climb({ ...seen, known }, starts, changes, ascent, rolling);
      return { ...ended, ...leaseText(ttlMs) };
    } catch (error) {
      if (ascent.stopAll && !run.signal.aborted) await this.#stopAll(ascent);
      throw error instanceof Ended && ascent.stopAll ? stoppedAll(error, options.rehearse) : error;
    }
  }

  /** Agrees to what is about to change, then sets up and pulls. An image that is another one since may mean more restarts: agreed to as well. */
  async #prepare(first: Survey): Promise<Survey> {
    const [run, fleet, { options, file, again }] = [this.#run, this.#fleet, this.#ask];
    const sure = () => this.#sure(first.known, first.standing.generation);
    const agreed = (seen: Survey) =>
      agree(seen, rollingOf(seen, options.drainMs), { file, ...(seen.chosen && { named: seen.chosen }) }, run);
    await agreed(first);
    const { starts } = this.#intend(first);
    this.#recall(first);
    await setUp(first, starts, sure, fleet, run);
    const seen = { ...first, plan: await pull(first, { starts, all: again === undefined }, sure, fleet, run) };
    const delta = deltaOf(seen);
    const more = startsOf(delta).filter((service) => !starts.includes(service));
    if (more.length === 0) return seen;
    await agreed({ ...seen, delta });
    const ready = new Set(starts.map(({ node }) => node));
    await setUp(
      first,
      more.filter(({ node }) => !ready.has(node)),
      sure,
      fleet,
      run,
    );
    return { ...seen, delta };
  }

  /** What is to be launched. */
  #intend({ plan, standing, delta }: Survey): { launch: Launch; starts: readonly Service[]; changes: number } {
    const starts = startsOf(delta);
    const changes = starts.length + delta.stop.length + delta.retarget.length;
    const { secrets } = this.#ask.options;
    const launch = { plan, generation: standing.generation + (changes > 0 ? 1 : 0), secrets };
    this.#run.about(plan.cluster, launch.generation);
    this.#hold?.about(plan.hash);
    return { launch, starts, changes };
  }

  async #climb(
    seen: Survey,
    starts: readonly Service[],
    changes: number,
    ascent: Ascent,
    rolling: Rolling | undefined,
  ): Promise<Closing> {
    const [run, fleet, { options }, { plan, standing, known }] = [this.#run, this.#fleet, this.#ask, seen];
    for (const ids of plan.waves) {
      const mine = (services: readonly Service[]) => services.filter(({ id }) => ids.includes(id));
      const wave = mine(plan.services);
      if (rolling === undefined || phaseOf(wave) !== "engines") await climbWave(wave, mine(starts), ascent, fleet, run);
      else await climbWave(wave, [], ascent, fleet, run, () => roll(rolling, ascent, fleet, run));
    }
    if (rolling !== undefined) {
      await makeRoom(seen.delta.stop.filter(isSide), known, fleet, run); // engines leant on them until now
      await this.#leave(seen);
    }
    if (!options.rehearse || options.keep) await keepGoing(ascent, standing, fleet, run);
    const proof = options.smoke ? await proveUp(ascent, options, fleet, run) : undefined;
    if (options.rehearse && !options.keep) return rehearsed(known, standing, plan, proof, fleet, run);
    return isUp(plan, standing, changes, proof === undefined ? undefined : proofText(proof));
  }

  /** Nodes of the plan have to answer, all of them; a former one may be away for good. */
  async #connect(): Promise<{ text: string }> {
    const [run, fleet, { cluster, nodes }, { options }] = [this.#run, this.#fleet, this.#provisional, this.#ask];
    await fleet.open();
    const errors = nodes.flatMap(({ name }) => fleet.errorOf(name) ?? []);
    if (errors.length > 0) throw new NodeErrors(errors, nodes.length);
    const anchor = nodes[0]?.name ?? "";
    const ask = {
      cluster,
      anchor,
      nodes: fleet.reached,
      verb: nameOf(this.#ask),
      waitMs: options.waitLockMs,
    };
    this.#hold = await Hold.take(ask, fleet, run);
    return { text: `${nodes.length} of ${several(nodes.length, "node")}, lock on ${this.#hold.node}` };
  }

  async #sure(known: Known, generation: number): Promise<void> {
    await this.#hold?.sure({ stateDir: (node) => stateDirOf(known, node), generation });
  }

  /** What runs already and stays is where the scene begins. */
  #recall({ plan, standing, delta }: Survey): Scene {
    const scene = new Scene(plan, this.#run);
    const stays = [...delta.keep, ...delta.retarget.map(({ service }) => service)];
    const keep = new Map(stays.map(({ id, node }) => [id, node]));
    for (const { spec, state, ready, node } of standing.services)
      if (keep.get(spec.service) === node)
        scene.keep(spec.service, word(state, ready, spec.ready.length > 0), spec.generation);
    this.#scene = scene;
    return scene;
  }

  /** Nodes that the plan does not name any more; what ran there was stopped before. */
  async #leave({ known, former: all, standing, chosen }: Survey): Promise<Known> {
    if (chosen !== undefined) return known; // a restart changes nothing else
    const former = all.filter(({ node }) => known.nodes.some((one) => one.node === node));
    return former.length === 0 ? known : leaveFormer(former, known, standing, this.#fleet, this.#run);
  }

  /** After a failure that is to leave nothing running. What went wrong is said already. */
  async #stopAll({ known, scene, sure }: Ascent): Promise<void> {
    const [run, fleet] = [this.#run, this.#fleet];
    await sure();
    const standing = await look(known, fleet, run, { ready: false });
    const alive = standing.services.filter(({ state }) => state.state === "alive");
    await makeRoom(alive, known, fleet, run);
    for (const { spec } of alive) scene.become(spec.service, "stopped", "engines");
  }

  left(): Pick<Closing, "kept" | "next" | "nextWhy" | "state"> {
    return leftRunning(this.#scene);
  }

  /** A restart that changed nothing says nothing of what runs. */
  get not(): string {
    return this.#ask.again !== undefined && this.untouched() ? "is left as it is" : "is not up";
  }

  untouched(): boolean {
    return this.#scene?.touched !== true;
  }

  async close(): Promise<void> {
    await this.#hold?.release();
    await this.#fleet.close();
  }
}
