import { UserError } from "../../errors.ts";
import type { Session } from "../../nodes/index.ts";
import type { PlanStep, Service } from "../../plan/plan.ts";
import { folded } from "../../words/names.ts";
import { limit, several } from "../../words/numbers.ts";
import type { FindingData } from "../events.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { phase } from "../run/phase.ts";
import type { Run } from "../run/run.ts";
import { Ended, finding } from "../run/verb.ts";
import type { Standing } from "../standing/standing.ts";
import type { Survey } from "./survey.ts";

const ANSWER_MS = 10_000; // the node counts the step's own time; this is for its end and its answer to travel
const LIMIT = 124; // of timeout: the step was ended because its time was over
const SHOWN = 10;

interface Failed {
  readonly step: PlanStep;
  readonly exit: number;
  readonly lines: readonly string[];
}

/** Runs the steps of every node on which something starts: on one node in order, on all nodes at once. A failure ends the verb. */
export async function setUp(
  { plan: { setup: steps = [], nodes: places }, standing }: Pick<Survey, "plan" | "standing">,
  starts: readonly Service[],
  sure: () => Promise<void>,
  fleet: Fleet,
  run: Run,
): Promise<void> {
  const starting = new Set(starts.map(({ node }) => node));
  const mine = steps.filter(({ node }) => starting.has(node));
  if (mine.length === 0) return;
  await phase(run, "setup", async () => {
    await sure();
    const nodes = [...new Set(mine.map(({ node }) => node))];
    const seen = await fleet.all(
      (session, node) =>
        inOrder(
          session,
          mine.filter((step) => step.node === node),
          places.find(({ name }) => name === node)?.stateDir ?? "",
          run,
        ),
      nodes,
    );
    const failed = [...seen.values()].flatMap((one) => one ?? []);
    if (failed.length > 0) throw notSetUp(failed, standing, run);
    const names = [...new Set(mine.map(({ name }) => name))];
    return { text: `${names.join(", ")} on ${several(nodes.length, "node")}` };
  });
}

const guards = ["supervise/proc", "supervise/gate", "supervise/fence", "cluster/setup"];

/** Until one fails: what comes behind it may need it. */
async function inOrder(
  session: Session,
  steps: readonly PlanStep[],
  stateDir: string,
  run: Run,
): Promise<Failed | undefined> {
  for (const step of steps) {
    const answer = await session.call({
      script: guards.map((name) => run.templates[name] ?? "").join("\n"),
      changes: ["setup", step.name],
      values: { PD_STATE: stateDir, PD_RUN: step.run, PD_SECONDS: String(step.timeoutMs / 1000) },
      deadlineMs: step.timeoutMs + ANSWER_MS,
      signal: run.signal,
      what: `setup step ${step.name}`,
    });
    const [head = "", ...lines] = answer.stdout.toString("utf8").trimEnd().split("\n");
    const [, code] = /^exit (\d+)$/.exec(head) ?? [];
    if (code === undefined)
      throw new UserError("node.command", {
        node: session.node,
        command: `setup step ${step.name}`,
        exit: answer.exit,
        stderr: answer.stderr,
      });
    if (code !== "0") return { step, exit: Number(code), lines };
  }
  return undefined;
}

/** One card per step and exit code, its nodes folded. */
function notSetUp(failed: readonly Failed[], standing: Standing, run: Run): Ended {
  const kinds = new Map<string, Failed[]>();
  for (const one of failed) {
    const key = `${one.step.name} ${one.exit}`;
    kinds.set(key, [...(kinds.get(key) ?? []), one]);
  }
  for (const kind of kinds.values()) run.emit(finding(card(kind), "setup", { phase: "setup" }));
  const nodes = folded(failed.map(({ step }) => step.node));
  return new Ended({
    exit: 1,
    state: standing.services.some(({ state }) => state.state === "alive") ? "unknown" : "absent",
    verdict: `is not up · setup did not end well on ${nodes}, nothing was started`,
    next: ["pdctl up"],
  });
}

function card(kind: readonly Failed[]): FindingData {
  const [first] = kind;
  const { step, exit = 0, lines = [] } = first ?? {};
  const late = exit === LIMIT;
  return {
    title: `setup step ${step?.name} ${late ? `was not done within ${limit((step?.timeoutMs ?? 0) / 1000)}` : `ended with exit code ${exit}`}`,
    where: folded(kind.map((one) => one.step.node)),
    ...(lines.length > 0 && { why: lines.slice(-SHOWN) }),
    do: [
      `run it by hand on ${step?.node}: ${step?.run.trim().split("\n")[0]}`,
      ...(late ? ["timeout of the step, up"] : []),
    ],
    exit,
  };
}
