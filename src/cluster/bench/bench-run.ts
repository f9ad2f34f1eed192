import path from "node:path";
import { Bug } from "../../errors.ts";
import type { BenchStep, Plan, SmokeStep } from "../../plan/plan.ts";
import type { Target } from "../../proxy/config.ts";
import { launchScript } from "../../render/index.ts";
import { sourced } from "../../supervise/index.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { gatherFacts } from "../fleet/gather.ts";
import type { Run } from "../run/run.ts";
import { Ended, finding } from "../run/verb.ts";
import { Unanswered } from "../serving/http.ts";
import { servingProxy } from "../serving/serving-proxy.ts";
import type { Counters } from "../smoke/scrape.ts";
import { stateDirOf } from "../standing/look.ts";
import type { Known, Standing } from "../standing/standing.ts";
import type { BenchAsk } from "./ask.ts";
import { endedCard, lateCard, standInsCard, unansweredCard } from "./cards.ts";
import type { BenchData } from "./data.ts";
import { judge } from "./judge.ts";
import { measured } from "./measured.ts";
import { type Counted, countersOf, kvBetween, proxyBetween, settledCounters } from "./moved.ts";
import { runStep, type StepEnd } from "./run-step.ts";
import { barOf, tableIn } from "./said.ts";

/** What the proxy's spec carries, as far as a benchmark looks at it. */
interface Note {
  readonly smoke: SmokeStep;
  readonly targets: readonly Target[];
  readonly rehearsal: boolean;
}

const HEARD_MS = 10_000;

/** One benchmark under way. */
export class BenchRun {
  readonly #ask: BenchAsk;
  readonly #known: Known;
  readonly #standing: Standing;
  readonly #fleet: Fleet;
  readonly #run: Run;

  constructor(ask: BenchAsk, known: Known, standing: Standing, fleet: Fleet, run: Run) {
    this.#ask = ask;
    this.#known = known;
    this.#standing = standing;
    this.#fleet = fleet;
    this.#run = run;
  }

  async go(): Promise<BenchData> {
    const { node, note } = this.#proxy();
    const { smoke, targets } = note;
    const counted: Counted = {
      targets,
      proof: smoke.proof,
      proxy: this.#ask.topology.proxy.kind === "pdctl" ? smoke.url : undefined,
    };
    const { signal } = this.#run;
    const session = this.#fleet.session(node);
    const before = await this.#answered(countersOf(session, counted, signal));
    const end = await this.#step();
    const seen = measured(end.result);
    if (end.exit !== 0 || seen === undefined) throw this.#ended(end);
    const after = await this.#answered(settledCounters(session, counted, before, seen.completed, signal));
    const [kv, proxy] = [kvBetween(before, after, counted), proxyBetween(before, after, counted)];
    const found = { ...seen, ...(kv && { kv }), ...(proxy && { proxy }) };
    return { ...found, wrong: judge(found), table: tableIn(end.lines) };
  }

  /** The proxy that runs, and what its own record says of the engines behind it. */
  #proxy(): { node: string; note: Note } {
    const proxy = servingProxy(this.#standing, "benchmark");
    const note = proxy.spec.note as unknown as Note;
    if (note.rehearsal) throw this.#refused(standInsCard);
    return { node: proxy.node, note };
  }

  async #step(): Promise<StepEnd> {
    const [run, { limitMs, secrets }] = [this.#run, this.#ask];
    const { plan, step } = await this.#resolved();
    const stateDir = stateDirOf(this.#known, step.node);
    const directory = path.posix.join(stateDir, "bench", run.id);
    const engine = plan.services.find(({ node, role }) => node === step.node && role === "prefill");
    const kept = ["--save-result", "--result-dir", directory, "--result-filename", "result.json"];
    const names = engine?.secrets.filter((name) => secrets[name] !== undefined) ?? [];
    const service = {
      id: "bench",
      node: step.node,
      vendor: engine?.vendor ?? [],
      files: engine?.files ?? [],
      secrets: names,
      scratch: [],
      env: step.env,
      argv: [...step.argv, ...kept],
    };
    const ask = {
      launch: launchScript(service, plan, run.templates["launch/launch"] ?? ""),
      secrets: sourced(Object.fromEntries(names.map((name) => [name, secrets[name] ?? ""]))),
      cluster: plan.cluster,
      generation: this.#standing.generation,
      stateDir,
      directory,
      limitMs,
    };
    const template = run.templates["cluster/bench"] ?? "";
    return runStep(this.#fleet.session(step.node), ask, template, this.#heard(), run.signal);
  }

  /** The plan with what only the nodes of the benchmark know: their homes and addresses. */
  async #resolved(): Promise<{ plan: Plan; step: BenchStep }> {
    const { plan, planWith } = this.#ask;
    const text = JSON.stringify(plan.bench);
    const nodes = plan.nodes.filter(({ name }) => text.includes(`@${name}>`));
    if (nodes.length === 0) return stepOf(plan);
    const facts = await gatherFacts({ ...plan, nodes }, this.#fleet, this.#run);
    return stepOf(planWith(facts).plan);
  }

  /** Says how far it is, now and then. */
  #heard(): (text: string) => void {
    const [run, began] = [this.#run, this.#run.clock()];
    let saidAt = Number.NEGATIVE_INFINITY;
    return (said) => {
      const bar = barOf(said);
      if (run.clock() - saidAt < (bar === undefined ? HEARD_MS : 0)) return;
      saidAt = run.clock();
      const seconds = Math.round(run.clock() - began) / 1000;
      const text = bar ?? "vllm bench serve loads";
      const data = { state: "running", text, seconds, limitSeconds: this.#ask.limitMs / 1000 } as const;
      run.emit({ type: "phase", phase: "bench", level: "info", data });
    };
  }

  #ended(end: StepEnd): Ended {
    return this.#refused(end.exit === null ? lateCard(this.#ask.limitMs, end) : endedCard(end));
  }

  #refused(card: Parameters<typeof finding>[0]): Ended {
    this.#run.emit(finding(card, undefined, { phase: "bench" }));
    return new Ended({ exit: 1, state: "unknown", verdict: "was not benchmarked", next: ["pdctl status"] });
  }

  async #answered(counters: Promise<Counters>): Promise<Counters> {
    try {
      return await counters;
    } catch (error) {
      if (error instanceof Unanswered) throw this.#refused(unansweredCard(error));
      throw error;
    }
  }
}

function stepOf(plan: Plan): { plan: Plan; step: BenchStep } {
  if (plan.bench === null) throw new Bug("the plan has no benchmark"); // the verb is refused before it begins
  return { plan, step: plan.bench };
}
