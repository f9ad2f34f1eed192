import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { ClusterEvent } from "../cluster/events.ts";
import type { Run } from "../cluster/run.ts";
import type { Known, StatusReport, StatusRow } from "../cluster/standing.ts";
import { UserError } from "../errors.ts";
import { closing } from "../report/closing.ts";
import { show } from "../report/live-frame.ts";
import { folded, naming, signalNumber } from "../report/names.ts";
import { nextLines } from "../report/next.ts";
import { count, duration, latency } from "../report/numbers.ts";
import { begin, type Tally, tally } from "../report/tally.ts";
import { cut, justify, padEnd } from "../report/width.ts";
import type { Call } from "./call.ts";
import { demoTopology } from "./demo-place.ts";
import { EXIT } from "./exit-codes.ts";
import { makeRun, stateHome } from "./run.ts";
import { interruption } from "./signals.ts";

const TEXT = 88;
const PROMPT = "hello";
const NAMED_WITHIN_MS = 10_000;

/** Up, proof, an answer, a fault and its repair, down: each is the verb of that name, on stand-ins of this machine. */
export async function demonstrate(call: Call): Promise<number> {
  const { signal, dispose } = interruption((exit) => process.exit(exit));
  const began = performance.now();
  const stage = await Stage.open(call, signal);
  stage.say("A cluster on this machine: 2 prefill and 2 decode stand-ins, real sockets, the real proxy.", "");
  let exit: number;
  try {
    exit = await play(stage);
  } catch (error) {
    if (!signal.aborted) throw error;
    exit = EXIT.interrupted;
  } finally {
    dispose();
    await stage.clear();
  }
  if (exit !== EXIT.done) return exit;
  stage.say(
    "",
    `✔ that was pdctl · ${duration((performance.now() - began) / 1000)}`,
    ...nextLines(["pdctl validate cluster.yaml"], { "pdctl validate cluster.yaml": "the same on your nodes" }),
  );
  return EXIT.done;
}

async function play(stage: Stage): Promise<number> {
  const first = await stage.up();
  if (first.result?.exit !== 0) return stage.failed(first);
  const smoke = first.phases.get("smoke")?.seconds ?? 0;
  const engines = folded([...first.services.keys()].filter((id) => id !== "proxy").map(stage.shown));
  stage.row("✔", "up", `${engines}, proxy on 127.0.0.1`, first.result.seconds - smoke);
  if (first.proof !== undefined)
    stage.row(
      "✔",
      "proof",
      `${count(first.proof.from_prefill)} of ${count(first.proof.prompt_tokens)} prompt tokens came from prefill (${first.proof.evidence})`,
      smoke,
    );
  const standing = await stage.status();
  stage.row(
    "✔",
    "status",
    `${standing.state} · P ${standing.endpoints.prefill.join("/")} · D ${standing.endpoints.decode.join("/")} · proxy ${standing.proxy}`,
  );
  await ask(stage, standing);
  await breakOne(stage, standing);
  const second = await stage.up();
  if (second.result?.exit !== 0) return stage.failed(second);
  const started = [...new Set(second.services.keys())].filter(
    (id) => second.services.get(id)?.phase === "engines" && stage.restarted(second, id),
  );
  const [own, peers] = [
    started.filter((id) => id.startsWith("prefill")),
    started.filter((id) => id.startsWith("decode")),
  ];
  const text = `pdctl up: ${folded(own.map(stage.shown))} started${peers.length === 0 ? "" : `, its peers ${folded(peers.map(stage.shown))} with it`}`;
  stage.row("✔", "repair", text, second.result.seconds);
  return stage.down();
}

async function ask(stage: Stage, { serve = "", services }: StatusReport): Promise<void> {
  const body = JSON.stringify({ model: stage.model, prompt: PROMPT });
  const url = `${serve}/completions`;
  stage.row("→", "ask", `curl ${url.replace("http://", "")} -d '${body}'`);
  const began = performance.now();
  const reply = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
    signal: stage.signal,
  });
  const answer: unknown = await reply.json();
  const way = ["x-pdctl-prefill", "x-pdctl-decode"]
    .map((name) => engineAt(services, reply.headers.get(name), stage))
    .filter((name) => name !== undefined);
  const text = /"text":"((?:[^"\\]|\\.)*)"/.exec(JSON.stringify(answer))?.[1];
  stage.row(
    " ",
    "answer",
    [`${reply.status} in ${latency(performance.now() - began)}`, ...(way.length === 0 ? [] : [way.join(" → ")])].join(
      ", ",
    ),
  );
  if (text !== undefined) stage.row(" ", "text", cut(`"${text.trim()}"`, TEXT - 12));
}

function engineAt(services: readonly StatusRow[], endpoint: string | null, stage: Stage): string | undefined {
  const port = /:(\d+)(?:\D|$)/.exec(endpoint ?? "")?.[1];
  const row = services.find((one) => one.kind === "engine" && String(one.port) === port);
  return row === undefined ? undefined : stage.shown(row.service);
}

/** Kills one engine as a device fault would, and waits until the nodes' own word is that it died. */
async function breakOne(stage: Stage, { services }: StatusReport): Promise<void> {
  const victim = services.findLast((row) => row.role === "prefill" && row.pid !== null);
  if (victim?.pid === undefined || victim.pid === null) return;
  const name = stage.shown(victim.service);
  stage.row("→", "break", `${name} is killed, as a device fault would`);
  const began = performance.now();
  process.kill(victim.pid, "SIGKILL");
  for (;;) {
    const row = (await stage.status()).services.find(({ service }) => service === victim.service);
    const passed = performance.now() - began;
    if (row?.state === "died" || passed > NAMED_WITHIN_MS) {
      const others = services
        .filter((one) => one.role === "prefill" && one.service !== victim.service)
        .map(({ service }) => stage.shown(service));
      stage.row(
        "✖",
        "named",
        `${name} ${row?.state ?? "absent"}, ${ended(row)}, on screen after ${duration(passed / 1000)}; ${folded(others)} serves on`,
      );
      return;
    }
    await pause(50, undefined, { signal: stage.signal }); // between two looks, with the limit above
  }
}

const ended = (row: StatusRow | undefined) =>
  (row?.note ?? "exit unknown").replace(/signal (\w+)/, (_, name: string) => `signal ${signalNumber(name)}`);

/** What the steps share: the plan, the verbs without their views, and how a step is shown. */
class Stage {
  readonly signal: AbortSignal;
  readonly shown: (id: string) => string;
  readonly model: string;
  readonly #call: Call;
  readonly #drafted: Awaited<ReturnType<typeof demoTopology>>;
  readonly #known: Known;
  #stands = false;

  private constructor(
    call: Call,
    signal: AbortSignal,
    drafted: Awaited<ReturnType<typeof demoTopology>>,
    known: Known,
  ) {
    this.#call = call;
    this.signal = signal;
    this.#drafted = drafted;
    this.#known = known;
    this.shown = naming(drafted.plan?.services.map(({ id }) => id) ?? []);
    this.model = drafted.topology?.model.servedName ?? "";
  }

  static async open(call: Call, signal: AbortSignal): Promise<Stage> {
    const [drafted, { knownOf }] = await Promise.all([demoTopology(call.env), import("../cluster/index.ts")]);
    if (drafted.plan === undefined)
      throw new UserError("topology.invalid", { file: drafted.file, first: drafted.diagnostics[0]?.title ?? "" });
    return new Stage(call, signal, drafted, knownOf(drafted.plan, null));
  }

  say(...lines: string[]): void {
    this.#call.streams.out.lines(lines);
  }

  row(sign: string, name: string, text: string, seconds?: number): void {
    const left = `${sign} ${padEnd(name, 10)}${text}`;
    this.say(seconds === undefined ? left : justify(left, duration(seconds), TEXT));
  }

  async up(): Promise<Tally> {
    const [{ up }, { plan }] = await Promise.all([import("../cluster/index.ts"), import("../plan/index.ts")]);
    const { topology, file } = this.#drafted;
    if (topology === undefined) throw new UserError("topology.invalid", { file, first: "" });
    this.#stands = true;
    const options = {
      rehearse: false,
      keep: false,
      onFailure: "keep",
      waitLockMs: 0,
      smoke: true,
      requireEvidence: true,
      adopt: false,
      secrets: {},
    } as const;
    return this.#folded("up", (run) => up({ topology, plan: (facts) => plan(topology, facts), file, options }, run));
  }

  /** Was it started by this run, not found running. */
  restarted(state: Tally, id: string): boolean {
    return state.services.get(id)?.started === true;
  }

  async status(): Promise<StatusReport> {
    const { status } = await import("../cluster/index.ts");
    return status(this.#known, { nodes: [] }, await this.#run(() => undefined));
  }

  async down(): Promise<number> {
    const state = await this.#takeDown(this.signal);
    if (state.result?.exit !== 0) return this.failed(state);
    const sum = (of: (row: NonNullable<Tally["receipt"]>["nodes"][number]) => number | null) =>
      state.receipt?.nodes.reduce((all, row) => all + (of(row) ?? 0), 0) ?? 0;
    const left = [
      `${sum((row) => row.processes)} processes`,
      `${sum((row) => row.ports)} ports`,
      `${sum((row) => row.sharedMemory)} shared memory`,
      `${sum((row) => row.files)} files left`,
    ];
    this.row("✔", "down", left.join(", "), state.result.seconds);
    return EXIT.done;
  }

  async #takeDown(signal: AbortSignal): Promise<Tally> {
    const { down } = await import("../cluster/index.ts");
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

  /** Whatever happened, nothing of the demo stays. */
  async clear(): Promise<void> {
    if (!this.#stands) return;
    const state = await this.#takeDown(new AbortController().signal);
    this.say("", ...(state.result === undefined ? [] : closing(state.result, state.cluster)));
  }

  failed(state: Tally): number {
    const { result, cluster, findings } = state;
    this.say("", ...findings.filter(({ level }) => level === "error").flatMap((found) => [...show(found), ""]));
    if (result !== undefined) this.say(...closing(result, cluster));
    return result?.exit ?? EXIT.failed;
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
