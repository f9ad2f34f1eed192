import { UserError } from "../errors.ts";
import type { Facts } from "../facts/index.ts";
import type { Plan, Planned, Service } from "../plan/index.ts";
import { folded, naming } from "../report/names.ts";
import { count, duration, several, size } from "../report/numbers.ts";
import { type Lock, lock, writeState } from "../supervise/index.ts";
import type { Topology } from "../topology/topology.ts";
import { keptText, lateCard } from "./cards.ts";
import { compare, type Delta } from "./changes.ts";
import { check } from "./check.ts";
import type { Phase } from "./events.ts";
import { notUp, sayFirstCause } from "./failure.ts";
import { Fleet, NodeErrors } from "./fleet.ts";
import { gatherFacts } from "./gather.ts";
import { knownOf, remember } from "./known.ts";
import { type Launch, push, startAll } from "./launch.ts";
import { look } from "./look.ts";
import { phase } from "./phase.ts";
import { coveredText, makeProof, proofText } from "./proof.ts";
import { rehearsed } from "./rehearsed.ts";
import type { Run } from "./run.ts";
import type { Known, Standing } from "./standing.ts";
import { word } from "./status-report.ts";
import { STOP_ORDER, type StandingService, stopPhaseOf, stopThem } from "./take-down.ts";
import { type Closing, Ended, finding, verb } from "./verb.ts";
import { Scene, untilReady } from "./wait.ts";

export interface UpAsk {
  readonly topology: Topology;
  readonly plan: (facts: readonly Facts[]) => Planned;
  /** As the user named it. */
  readonly file: string;
  readonly options: UpOptions;
}

export interface UpOptions {
  readonly rehearse: boolean;
  /** A rehearsal stays up instead of being taken down after its proof. */
  readonly keep: boolean;
  readonly onFailure: "keep" | "stop";
  readonly readyMs?: number;
  readonly waitLockMs: number;
  readonly smoke: boolean;
  readonly requireEvidence: boolean;
  readonly adopt: boolean;
  /** Values of the topology's secrets. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Starts what is missing, restarts what differs, leaves the rest, and ends with a proof. */
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

/** One `up` under way: what it knows so far, for the steps after and for the last words if it is ended early. */
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
    this.#announce(this.#provisional, null);
    await phase(run, "connect", () => this.#connect());
    const { plan, facts, standing, delta } = await phase(run, "check", () => this.#check());
    const scene = new Scene(plan, run);
    this.#scene = scene;
    const known = knownOf(plan, this.#ask.file);
    const starts = [...delta.start, ...delta.restart.map(({ service }) => service)];
    const changes = starts.length + delta.stop.length;
    const generation = changes > 0 ? standing.generation + 1 : standing.generation;
    run.about(plan.cluster, generation);
    recall(standing, delta, scene);
    const launch: Launch = { plan, generation, secrets: options.secrets };
    if (changes > 0) await phase(run, "push", () => this.#push(launch, starts, delta, standing, known));
    for (const wave of plan.waves) await this.#wave(wave, starts, launch, scene, facts);
    const proof = options.smoke ? await this.#prove(plan, scene) : undefined;
    if (options.rehearse && !options.keep) return rehearsed(known, plan, proof?.requests ?? 0, fleet, run, scene);
    return this.#closing(plan, standing, changes, proof === undefined ? undefined : proofText(proof));
  }

  async #connect(): Promise<{ text: string }> {
    const [run, fleet] = [this.#run, this.#fleet];
    await fleet.open();
    if (fleet.failed.length > 0) throw new NodeErrors(fleet.failed, fleet.nodes.length);
    const [first] = fleet.nodes;
    if (first === undefined) throw new Error("a plan has nodes");
    const link = process.env.PDCTL_RUN_URL;
    const holder = {
      owner: run.owner,
      verb: this.#ask.options.rehearse ? "up --rehearse" : "up",
      since: new Date().toISOString(),
      pid: process.pid,
      ...(link !== undefined && { link }),
    };
    this.#lock = await lock(
      fleet.session(first),
      { cluster: this.#provisional.cluster, holder, waitMs: this.#ask.options.waitLockMs },
      fleet.scripts,
      run.signal,
    );
    return { text: `${fleet.reached.length} of ${several(fleet.nodes.length, "node")}, lock on ${first}` };
  }

  async #check(): Promise<{ text: string; plan: Plan; facts: readonly Facts[]; standing: Standing; delta: Delta }> {
    const [run, fleet] = [this.#run, this.#fleet];
    const facts = await gatherFacts(this.#provisional, fleet, run);
    const { plan, findings } = this.#ask.plan(facts);
    const errors = findings.filter(({ level }) => level === "error");
    for (const { code, level, title, remedy } of errors)
      run.emit({ type: "finding", phase: "check", level, code, data: { title, do: remedy } });
    if (errors.length > 0)
      throw new Ended({
        exit: 3,
        state: "absent",
        verdict: "is not up · the plan does not hold on these nodes, nothing was started",
        next: ["pdctl validate"],
      });
    const known = knownOf(plan, this.#ask.file);
    await remember(run.stateHome, known);
    const standing = await look(known, fleet, run, { ready: true });
    this.#refuse(plan, standing);
    const delta = compare(plan, standing);
    const text = await check(plan, facts, standing, this.#ask.topology.preflight.skip, fleet, run);
    return { text: `${text}${changesText(plan, delta)}`, plan, facts, standing, delta };
  }

  /** Somebody else's cluster, or a real one under a rehearsal, is never touched. */
  #refuse(plan: Plan, standing: Standing): void {
    const alive = standing.services.filter(({ state }) => state.state === "alive");
    const [first] = standing.services;
    if (
      standing.owner !== null &&
      standing.owner !== this.#run.owner &&
      first !== undefined &&
      !this.#ask.options.adopt
    )
      throw new UserError("cluster.foreign", { cluster: plan.cluster, owner: standing.owner, node: first.node });
    if (!plan.rehearsal || alive.every(({ spec }) => spec.note.rehearsal === true)) return;
    this.#run.emit(
      finding(
        {
          title: `${plan.cluster} is up: a rehearsal would stop it`,
          kept: several(alive.length, "service"),
          do: ["pdctl down first, or rehearse under another name: --set name=…"],
        },
        "rehearsal-over-real",
        { phase: "check" },
      ),
    );
    throw new Ended({
      exit: 8,
      state: "healthy",
      verdict: "was not rehearsed · nothing was started",
      next: ["pdctl status"],
    });
  }

  /** Stops what goes or restarts, traffic first, then puts every file where it belongs. */
  async #push(
    launch: Launch,
    starts: readonly Service[],
    delta: Delta,
    standing: Standing,
    known: Known,
  ): Promise<{ text: string }> {
    const [run, fleet] = [this.#run, this.#fleet];
    const restarting = new Set(delta.restart.map(({ service }) => service.id));
    const going = [
      ...delta.stop,
      ...standing.services.filter(({ spec, state }) => restarting.has(spec.service) && state.state === "alive"),
    ];
    await this.#stop(going, known);
    const owner = { cluster: launch.plan.cluster, owner: run.owner, generation: launch.generation };
    await fleet.all((session, node) =>
      writeState(session, { stateDir: dirOf(known, node), state: owner }, fleet.scripts, run.signal),
    );
    const { files, bytes, nodes } = await push(starts, launch, fleet, run);
    const stopped = going.length === 0 ? "" : `; stopped ${folded(going.map(({ spec }) => spec.service))}`;
    return { text: `${several(files, "file")}, ${size(bytes)} to ${several(nodes, "node")}${stopped}` };
  }

  async #stop(services: readonly StandingService[], known: Known): Promise<void> {
    for (const order of STOP_ORDER) {
      const mine = services.filter((one) => stopPhaseOf(one) === order);
      const stopped = await stopThem(mine, this.#fleet, this.#run, { stateDir: (node) => dirOf(known, node) });
      const left = stopped.filter(({ state }) => state !== "gone");
      if (left.length === 0) continue;
      const names = folded(left.map(({ service }) => service));
      this.#run.emit(
        finding(
          {
            title: `${names} did not stop`,
            where: folded([...new Set(left.map(({ node }) => node))]),
            do: ["pdctl down"],
          },
          "left-over",
          { phase: "push" },
        ),
      );
      throw new Ended({
        exit: 1,
        state: "degraded, not serving",
        verdict: "is not up · what has to be restarted did not stop",
        next: ["pdctl status", "pdctl down"],
      });
    }
  }

  /** Starts one wave and waits for it, and for what an earlier run left loading. */
  async #wave(
    ids: readonly string[],
    starts: readonly Service[],
    launch: Launch,
    scene: Scene,
    facts: readonly Facts[],
  ): Promise<void> {
    const [run, fleet, plan] = [this.#run, this.#fleet, launch.plan];
    const wave = plan.services.filter(({ id }) => ids.includes(id));
    const mine = starts.filter(({ id }) => ids.includes(id));
    if (mine.length === 0 && wave.every(({ id }) => scene.states.get(id) === "ready")) return;
    const name = phaseOf(wave);
    const limitMs = this.#ask.options.readyMs ?? plan.timeouts.readyMs;
    await phase(run, name, async () => {
      run.emit({ type: "phase", phase: name, level: "info", data: { state: "running", limitSeconds: limitMs / 1000 } });
      const failed = await startAll(mine, name, launch, scene, fleet, run);
      if (failed.length > 0) await this.#neverStarted(failed, scene, name, plan);
      const watched = plan.services.filter(({ id }) => scene.generations.has(id));
      const waited = await untilReady(wave, watched, scene, fleet, run, {
        phase: name,
        limitMs,
        stateDir: (node) => dirOf(knownOf(plan, null), node),
      });
      if (waited.kind === "died") await this.#died(waited.deaths, scene, name, facts, plan);
      if (waited.kind === "late") this.#late(waited.services, scene, name, limitMs);
      return { text: waveText(wave, scene) };
    });
  }

  async #died(
    deaths: Parameters<typeof sayFirstCause>[0],
    scene: Scene,
    name: Phase,
    facts: readonly Facts[],
    plan: Plan,
  ): Promise<never> {
    const [run, fleet, known] = [this.#run, this.#fleet, knownOf(plan, null)];
    const group = await sayFirstCause(deaths, scene, name, facts, fleet, run);
    const stop = this.#ask.options.onFailure === "stop" || this.#ask.options.rehearse;
    const standing = await look(known, fleet, run, { ready: false });
    const going = standing.services.filter(
      ({ spec, state }) => state.state === "alive" && (stop || spec.group === group),
    );
    await this.#stop(going, known);
    for (const { spec } of going) scene.become(spec.service, "stopped", name);
    throw notUp(scene, group, stop);
  }

  async #neverStarted(
    failed: readonly { service: string; why: string }[],
    scene: Scene,
    name: Phase,
    plan: Plan,
  ): Promise<never> {
    for (const { service, why } of failed) {
      scene.become(service, "absent", name);
      this.#run.emit(
        finding({ title: `${service} was not started`, why, log: `pdctl logs ${service}` }, "not-started", {
          phase: name,
          service,
        }),
      );
    }
    const group = plan.services.find(({ id }) => id === failed[0]?.service)?.group ?? "";
    throw notUp(scene, group, false);
  }

  #late(services: readonly Service[], scene: Scene, name: Phase, limitMs: number): never {
    const lost = services.filter(({ id }) => scene.states.get(id) === "unknown");
    const engines = scene.plan.services.filter(({ kind }) => kind === "engine");
    const ready = engines.filter(({ id }) => scene.states.get(id) === "ready").length;
    if (lost.length > 0) {
      const nodes = folded([...new Set(lost.map(({ node }) => node))]);
      throw new Ended({
        exit: 5,
        state: "unknown",
        verdict: `is not proven · ${nodes} lost, ${folded(lost.map(({ id }) => id))} unknown`,
        ...kept(scene),
        next: ["pdctl up"],
        nextWhy: { "pdctl up": `when ${nodes} answers` },
      });
    }
    this.#run.emit(finding(lateCard(scene, services, limitMs, scene.progress), "not-ready", { phase: name }));
    const show = naming(scene.plan.services.map(({ id }) => id));
    const log = `pdctl logs ${show(services[0]?.id ?? "")} -f`;
    throw new Ended({
      exit: 6,
      state: "starting",
      verdict: `is not up · ${ready} of ${engines.length} engines ready`,
      next: ["pdctl up", log],
      nextWhy: { "pdctl up": "waits on" },
    });
  }

  async #prove(plan: Plan, scene: Scene) {
    const known = knownOf(plan, null);
    const { data } = await phase(this.#run, "smoke", async () => {
      const proof = {
        step: plan.smoke,
        targets: plan.targets,
        limitMs: plan.timeouts.smokeMs,
        requireEvidence: this.#ask.options.requireEvidence,
        stateDir: dirOf(known, plan.smoke.node),
      };
      const { data, failed } = await makeProof(proof, this.#fleet, this.#run);
      if (failed || data === undefined)
        throw new Ended({
          exit: 1,
          state: "degraded, not serving",
          verdict: "is not proven · everything runs, the proof did not hold",
          ...kept(scene),
          next: ["pdctl smoke", "pdctl logs decode --errors", "pdctl down"],
        });
      return { text: coveredText(data), data };
    });
    return data;
  }

  #closing(plan: Plan, standing: Standing, changes: number, proof: string | undefined): Closing {
    const since = Math.min(
      ...standing.services.flatMap(({ state, nodeNowMs }) =>
        state.state === "alive" ? [nodeNowMs - state.sinceMs] : [],
      ),
    );
    const n = plan.services.length;
    const already = `is already up · nothing changed, ${n} of ${several(n, "service")} as planned, since ${duration(since / 1000)}`;
    return {
      exit: 0,
      state: "healthy",
      verdict: changes === 0 ? already : proof === undefined ? "is up, not proven (--no-smoke)" : "is up",
      ...(changes === 0 && { untimed: true }),
      ...(proof !== undefined && { proof }),
      serve: `${plan.smoke.url}/v1`,
      model: plan.model.servedName,
      next: changes === 0 ? ["pdctl status"] : ["pdctl status", "pdctl smoke", "pdctl down"],
    };
  }

  #announce(plan: Plan, hash: string | null): void {
    const engines = plan.services.filter(({ kind }) => kind === "engine").length;
    this.#run.emit({
      type: "start",
      level: "info",
      data: {
        verb: "up",
        version: this.#run.version,
        plan: hash ?? plan.hash,
        services: plan.services.length,
        engines,
        nodes: plan.nodes.length,
        file: this.#ask.file,
        rehearsal: plan.rehearsal,
      },
    });
  }

  /** For the last words after an interrupt or an error: what runs, and how to go on. */
  left(): Pick<Closing, "kept" | "next" | "nextWhy" | "state"> {
    const scene = this.#scene;
    const text = scene === undefined ? undefined : keptText(scene);
    if (text === undefined) return { state: "absent", next: ["pdctl up"] };
    return {
      state: "starting",
      kept: text,
      next: ["pdctl up", "pdctl down"],
      nextWhy: { "pdctl up": "waits on for them", "pdctl down": "takes them down" },
    };
  }

  async close(): Promise<void> {
    await this.#lock?.release();
    await this.#fleet.close();
  }
}

function recall(standing: Standing, delta: Delta, scene: Scene): void {
  const keep = new Set(delta.keep.map(({ id }) => id));
  for (const { spec, state, ready } of standing.services)
    if (keep.has(spec.service)) scene.keep(spec.service, word(state, ready, spec.ready.length > 0), spec.generation);
}

function changesText(plan: Plan, { restart, stop }: Delta): string {
  const show = naming(plan.services.map(({ id }) => id));
  const restarts =
    restart.length === 0
      ? ""
      : `; restarts ${folded(restart.map(({ service }) => show(service.id)))} (${restart[0]?.why})`;
  return stop.length === 0 ? restarts : `${restarts}; stops ${folded(stop.map(({ spec }) => spec.service))}`;
}

function kept(scene: Scene): { kept?: string } {
  const text = keptText(scene);
  return text === undefined ? {} : { kept: text };
}

const dirOf = (known: Known, node: string) => known.nodes.find((one) => one.node === node)?.stateDir ?? "";
const phaseOf = (wave: readonly Service[]): Phase =>
  wave.some(({ kind }) => kind === "engine") ? "engines" : wave.some(({ kind }) => kind === "proxy") ? "proxy" : "side";

/** `mooncake-master on a2-1`, `8 of 8 ready`, `4 prefill, 4 decode` */
function waveText(wave: readonly Service[], scene: Scene): string {
  const name = phaseOf(wave);
  if (name === "side") return wave.map(({ id, node }) => `${id} on ${node}`).join(", ");
  if (name === "engines") return `${count(wave.length)} of ${count(wave.length)} ready${lastText(wave, scene)}`;
  const of = (role: string) => scene.plan.targets.filter((target) => target.role === role).length;
  return `${of("prefill")} prefill, ${of("decode")} decode`;
}

function lastText(wave: readonly Service[], scene: Scene): string {
  const last = scene.lastReady;
  const service = wave.find(({ id }) => id === last);
  if (service === undefined || wave.length === 1) return "";
  return `; last was ${naming(scene.plan.services.map(({ id }) => id))(service.id)} on ${service.node}`;
}
