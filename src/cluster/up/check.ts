import type { Facts } from "../../facts/index.ts";
import { factsRules, judge } from "../../plan/judge.ts";
import type { Plan } from "../../plan/plan.ts";
import { remains, type ServiceSpec } from "../../supervise/index.ts";
import type { Finding } from "../../topology/rule.ts";
import type { Fleet } from "../fleet.ts";
import { holders } from "../gather.ts";
import type { Run } from "../run.ts";
import type { Standing } from "../standing.ts";
import { Ended } from "../verb.ts";

/**
 * Asks the rules of stage facts whether this plan can start on these nodes now. Every finding is said; an error among them ends
 * the verb before anything was started. Returns the phase's one line.
 */
export async function check(
  plan: Plan,
  facts: readonly Facts[],
  standing: Standing,
  skip: readonly string[],
  fleet: Fleet,
  run: Run,
): Promise<string> {
  const findings = await judged(plan, facts, standing, skip, fleet, run);
  for (const one of findings) say(one, run);
  const errors = findings.filter(({ level }) => level === "error").length;
  const passed =
    factsRules.length - new Set(findings.filter(({ level }) => level !== "note").map(({ code }) => code)).size;
  const text = tally(passed, findings);
  if (errors === 0) return text;
  throw new Ended({
    exit: 8,
    state: standing.services.some(({ state }) => state.state === "alive") ? "unknown" : "absent",
    verdict: "is not up · check refused, nothing was started",
    next: ["pdctl up"],
    nextWhy: {
      "pdctl up": `past one: --set preflight.skip=[${findings.find(({ level }) => level === "error")?.code}]`,
    },
  });
}

/** What speaks against the plan. Where a port is taken, the nodes are asked once more: by whom, and whether it is ours after all. */
export async function judged(
  plan: Plan,
  facts: readonly Facts[],
  standing: Standing,
  skip: readonly string[],
  fleet: Fleet,
  run: Run,
): Promise<readonly Finding[]> {
  const listed = standing.services.flatMap(({ spec, state, node }) =>
    state.state === "alive"
      ? [...spec.listens.map(({ port }) => port), ...whileStarting(spec)].map((port) => `${node} ${port}`)
      : [],
  );
  const first = judge({ plan, facts, ours: new Set(listed), holders: new Map() }, skip);
  if (!first.some(({ code }) => code === "N12")) return first;
  const ours = new Set([...listed, ...(await left(plan, fleet, run))]);
  return judge({ plan, facts, ours, holders: await whoHolds(plan, facts, ours, fleet, run) }, skip);
}

/** Ports that a service has only until its group has met: a group that never did has them still. */
function whileStarting({ note }: ServiceSpec): readonly unknown[] {
  const ports = note["whileStarting"];
  return Array.isArray(ports) ? ports : [];
}

/** Ports that processes of a service hold which is dead itself: its next start ends them first. */
async function left(plan: Plan, fleet: Fleet, run: Run): Promise<readonly string[]> {
  const seen = await fleet.all(
    async (session, node) => {
      const stateDir = plan.nodes.find(({ name }) => name === node)?.stateDir ?? "";
      const { processes, ports } = await remains(session, { stateDir }, fleet.scripts, run.signal);
      return processes.length === 0 ? [] : ports; // without one of ours, a holder that cannot be seen is somebody else
    },
    plan.nodes.map(({ name }) => name),
  );
  return [...seen].flatMap(([node, ports]) => ports.map((port) => `${node} ${port}`));
}

async function whoHolds(
  plan: Plan,
  facts: readonly Facts[],
  ours: ReadonlySet<string>,
  fleet: Fleet,
  run: Run,
): Promise<ReadonlyMap<string, string>> {
  const rows = await fleet.all(async (session, node) => {
    const taken = new Set(facts.find((one) => one.node === node)?.listening.map(({ port }) => port));
    const wanted = plan.services
      .filter((one) => one.node === node)
      .flatMap(({ listens }) => listens.map(({ port }) => port));
    const ports = wanted.filter((port) => taken.has(port) && !ours.has(`${node} ${port}`));
    const found = ports.length === 0 ? new Map<number, string>() : await holders(session, ports, run);
    return [...found].map(([port, who]) => [`${node} ${port}`, who] as const);
  });
  return new Map([...rows.values()].flat());
}

function say({ code, level, title, remedy }: Finding, run: Run): void {
  run.emit({ type: "finding", phase: "check", level, code, data: { title, do: remedy } });
}

function tally(passed: number, findings: readonly Finding[]): string {
  const of = (level: Finding["level"], one: string, many: string) => {
    const n = findings.filter((finding) => finding.level === level).length;
    return n === 0 ? [] : [`${n} ${n === 1 ? one : many}`];
  };
  return [
    ...of("error", "error", "errors"),
    ...of("warning", "warning", "warnings"),
    `${passed} passed`,
    ...of("note", "note", "notes"),
  ].join(", ");
}
