import { setTimeout as pause } from "node:timers/promises";
import { Listr } from "listr2";
import type { StatusReport, StatusRow } from "../../../cluster/standing/standing.ts";
import { Bug } from "../../../errors.ts";
import type { Tally } from "../../../report/tally.ts";
import { nextLines } from "../../../report/text/next.ts";
import { cut } from "../../../report/text/width.ts";
import { folded, signalNumber } from "../../../words/names.ts";
import { count, duration, latency } from "../../../words/numbers.ts";
import type { Call } from "../../edge/call.ts";
import { EXIT } from "../../edge/exit-codes.ts";
import { Interrupted, interruption } from "../../edge/signals.ts";
import { DemoRenderer, Rows } from "./rows.ts";
import { Stage, type StageAsk, StepFailed } from "./stage.ts";

const TEXT = 88;
const PROMPT = "hello";
const TRIES = 3;
const NAMED_WITHIN_MS = 10_000;

/** What a step leaves for the next one. */
interface Scene {
  stage: Stage;
  standing?: StatusReport;
}

/** Up, proof, an answer, a fault and its repair, down: each is the verb of that name, on stand-ins of this machine. */
export async function demonstrate(call: Call): Promise<number> {
  const { signal, dispose } = interruption((exit) => process.exit(exit));
  const began = performance.now();
  const rows = new Rows(call.streams.out);
  const opening = { call, signal, rows };
  const scene: Scene = { stage: await Stage.open(opening) };
  rows.lines(["A cluster on this machine: 2 prefill and 2 decode stand-ins, real sockets, the real proxy.", ""]);
  const steps = new Listr<Scene, typeof DemoRenderer>(
    [
      { title: "up", task: (scene) => bringUp(scene, opening) },
      { title: "ask", task: ask },
      { title: "break", task: breakOne },
      { title: "repair", task: repair },
      { title: "down", task: ({ stage }) => stage.down() },
    ],
    {
      concurrent: false,
      exitOnError: true,
      registerSignalListeners: false, // Ctrl-C is pdctl's own: whatever stands is taken down first
      renderer: DemoRenderer,
      rendererOptions: { rows },
      ctx: scene,
    },
  );
  try {
    await steps.run();
  } catch (error) {
    if (signal.aborted) {
      const exit = signal.reason instanceof Interrupted ? signal.reason.exit : EXIT.interrupted;
      rows.lines([
        "",
        `⚠ the demo was interrupted after ${duration((performance.now() - began) / 1000)} · exit ${exit}`,
      ]);
      return exit;
    }
    if (error instanceof StepFailed) return error.exit;
    throw error;
  } finally {
    dispose();
    await scene.stage.clear();
  }
  const next = "pdctl init";
  rows.lines([
    "",
    `✔ that was pdctl · ${duration((performance.now() - began) / 1000)}`,
    ...nextLines([next], { [next]: "the same on your nodes" }),
  ]);
  return EXIT.done;
}

/** Somebody took one of its ports between the look and the start. */
const portTaken = ({ findings }: Tally) =>
  findings.some(({ code = "" }) => ["port-taken", "kv-port-taken", "N12"].includes(code));

async function bringUp(scene: Scene, opening: StageAsk): Promise<void> {
  let first = await scene.stage.up();
  for (let tried = 1; tried <= TRIES && portTaken(first); tried++) {
    await scene.stage.leave();
    scene.stage = await Stage.open(opening, tried);
    first = await scene.stage.up();
  }
  const { stage } = scene;
  if (first.result?.exit !== 0) throw stage.failed(first);
  const smoke = first.phases.get("smoke")?.seconds ?? 0;
  const engines = folded(stage.engines.map(stage.shown));
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
  scene.standing = standing;
}

function seen({ standing }: Scene): StatusReport {
  if (standing === undefined) throw new Bug("a step of the demo came before up");
  return standing;
}

async function repair({ stage }: Scene): Promise<void> {
  const second = await stage.up();
  if (second.result?.exit !== 0) throw stage.failed(second);
  const started = [...new Set(second.services.keys())].filter(
    (id) => second.services.get(id)?.phase === "engines" && stage.restarted(second, id),
  );
  const victim = started.findLast((id) => id.startsWith("prefill")) ?? ""; // the one that was killed
  const others = started.filter((id) => id !== victim).map(stage.shown);
  const text = `pdctl up: ${stage.shown(victim)} started${others.length === 0 ? "" : `, and who met it: ${folded(others)}`}`;
  stage.row("✔", "repair", text, second.result.seconds);
}

async function ask(scene: Scene): Promise<void> {
  const { stage } = scene;
  const { serve = "", services } = seen(scene);
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
async function breakOne(scene: Scene): Promise<void> {
  const { stage } = scene;
  const { services } = seen(scene);
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

/** The demo's signal 9 looks to status as the kernel's own does, when memory is short; here it is known to be the former. */
const ended = (row: StatusRow | undefined) =>
  (row?.code === "killed" ? "killed by signal KILL" : (row?.note ?? "exit unknown")).replace(
    /signal (\w+)/,
    (_, name: string) => `signal ${signalNumber(name)}`,
  );
