import type { Facts } from "../../facts/index.ts";
import { crossings } from "../../plan/facts/crossings.ts";
import { codesOfFacts, type Judged, judge } from "../../plan/facts/judge.ts";
import type { OtherCluster } from "../../plan/facts/judged.ts";
import type { Plan } from "../../plan/plan.ts";
import { remains, type ServiceSpec } from "../../supervise/index.ts";
import type { Finding } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import type { Fleet } from "../fleet/fleet.ts";
import { holders } from "../fleet/gather.ts";
import type { Run } from "../run/run.ts";
import { Ended } from "../run/verb.ts";
import { claimsOf } from "../standing/node-state.ts";
import type { Standing } from "../standing/standing.ts";
import { modelOf } from "./model-of.ts";
import { blocked } from "./reach.ts";

/** What is judged: the plan, made with what the nodes said, and what runs there already. */
export interface CheckAsk {
  /** Codes that the user has taken on himself. */
  readonly skip: readonly string[];
  /** Unset: the plan was read from a file. */
  readonly topology?: Topology;
  readonly plan: Plan;
  readonly facts: readonly Facts[];
  readonly standing: Standing;
}

/**
 * Asks the rules of stage facts whether this plan can start on these nodes now. Every finding is said; an error among them ends
 * the verb before anything was started. Returns the phase's one line.
 */
export async function check(ask: CheckAsk, fleet: Fleet, run: Run): Promise<string> {
  const { standing } = ask;
  const findings = await judged(ask, fleet, run);
  for (const one of findings) say(one, run);
  const errors = findings.filter(({ level }) => level === "error").length;
  const rules = new Set(codesOfFacts(ask.topology));
  for (const { code, level } of findings) if (level !== "note") rules.delete(code);
  const text = tally(rules.size, findings);
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

/**
 * What speaks against the plan. The ways between the nodes are tried as well; and where a port or a device is taken, the nodes are
 * asked once more: by whom, and whether it is ours after all.
 */
export async function judged(ask: CheckAsk, fleet: Fleet, run: Run): Promise<readonly Finding[]> {
  const { topology, skip, plan, facts, standing } = ask;
  const alive = standing.services.filter(({ state }) => state.state === "alive");
  const listed = alive.flatMap(({ spec, node }) =>
    [...spec.listens.map(({ port }) => port), ...whileStarting(spec)].map((port) => `${node} ${port}`),
  );
  const model = modelOf(facts);
  const first: Judged = {
    ...(topology && { topology }),
    plan,
    facts,
    ours: new Set(listed),
    holders: new Map(),
    ourDevices: new Set(alive.flatMap(({ spec, node }) => spec.devices.map((device) => `${node} ${device}`))),
    filtered: skip.includes("N13") ? [] : await blocked(crossings(plan), fleet, run),
    ...(model && { model }),
    others: (standing.others ?? []).map(otherOf),
    directories: new Map(plan.nodes.map(({ name }) => [name, claimsOf(plan, name).directories])),
  };
  const findings = judge(first, skip);
  if (!findings.some(({ code }) => code === "N12" || code === "C13")) return findings;
  const remaining = await left(plan, fleet, run);
  const ours = new Set([...listed, ...remaining.flatMap(({ node, ports }) => ports.map((port) => `${node} ${port}`))]);
  const ourDevices = new Set([...first.ourDevices, ...heldByOurs(facts, remaining)]);
  return judge({ ...first, ours, ourDevices, holders: await whoHolds(plan, facts, ours, fleet, run) }, skip);
}

function otherOf({ node, state, claims }: NonNullable<Standing["others"]>[number]): OtherCluster {
  const { ports = [], devices = [], directories = [] } = claims ?? {};
  return { node, cluster: state.cluster, owner: state.owner, ports, devices, directories };
}

interface Left {
  readonly node: string;
  readonly pids: readonly number[];
  readonly ports: readonly number[];
}

/** Devices on which a process is ours, though its service is dead. */
const heldByOurs = (facts: readonly Facts[], remaining: readonly Left[]): readonly string[] =>
  remaining.flatMap(({ node, pids }) =>
    (facts.find((one) => one.node === node)?.devices ?? [])
      .filter(({ holders }) => holders.length > 0 && holders.every(({ pid }) => pids.includes(pid)))
      .flatMap(({ id, uuid }) => [id, ...(uuid === undefined ? [] : [uuid])].map((name) => `${node} ${name}`)),
  );

/** Ports that a service has only until its group has met: a group that never did has them still. */
function whileStarting({ note }: ServiceSpec): readonly unknown[] {
  const ports = note["whileStarting"];
  return Array.isArray(ports) ? ports : [];
}

/** Processes of a service that is dead itself, and the ports they hold: its next start ends them first. */
async function left(plan: Plan, fleet: Fleet, run: Run): Promise<readonly Left[]> {
  const seen = await fleet.all(
    async (session, node) => {
      const stateDir = plan.nodes.find(({ name }) => name === node)?.stateDir ?? "";
      const { processes, ports } = await remains(session, { stateDir }, fleet.scripts, run.signal);
      const pids = processes.map(({ pid }) => pid);
      return { pids, ports: pids.length === 0 ? [] : ports }; // without one of ours, a holder that cannot be seen is somebody else
    },
    plan.nodes.map(({ name }) => name),
  );
  return [...seen].map(([node, one]) => ({ node, ...one }));
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

export function say({ code, level, title, remedy }: Finding, run: Run): void {
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
