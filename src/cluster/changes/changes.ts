import type { Plan, Service } from "../../plan/plan.ts";
import type { Found } from "../../supervise/supervise.ts";
import { staleNow } from "../standing/stale.ts";
import type { Change, Standing } from "../standing/standing.ts";
import { difference } from "./difference.ts";

/** What separates the nodes from the plan, service by service. */
export interface Delta {
  readonly keep: readonly Service[];
  readonly start: readonly Service[];
  /** Runs, and has to be stopped and started again; with the reason. */
  readonly restart: readonly { readonly service: Service; readonly why: string }[];
  /** Groups whose handshakes with others are stale when they are back: those others restart with them. */
  readonly stale: ReadonlySet<string>;
  /** Runs, and is told anew while it runs on: what differs it reads again. */
  readonly retarget: readonly { readonly service: Service; readonly why: string }[];
  /** Runs, and is not in the plan any more, or not on that node. */
  readonly stop: readonly (Found & { readonly node: string })[];
}

export interface Comparing {
  /** Groups that are to restart whether they differ or not; nothing else is changed then, but for their peers. */
  readonly chosen?: ReadonlySet<string> | undefined;
  /** false: the proxy that runs cannot be told anything while it runs. */
  readonly told?: boolean;
}

/**
 * Compares the plan with what the nodes list. A group is restarted as one: no rank of it can be replaced alone. Engines
 * that may have met a restarted peer restart with it, because their handshake with it would be stale, and so do those that met these.
 */
export function compare(plan: Plan, standing: Standing, { chosen, told: tellable = true }: Comparing = {}): Delta {
  const placed = new Map(plan.services.map(({ id, node }) => [id, node]));
  const mine = standing.services.filter(({ spec, node }) => placed.get(spec.service) === node); // on another node it is another one
  const found = new Map(mine.map((one) => [one.spec.service, one]));
  const runs = (id: string) => found.get(id)?.state.state === "alive";
  const concerned = plan.services.filter(({ group }) => chosen?.has(group) !== false);
  const missing = concerned.filter(({ id }) => !runs(id));
  const [reasons, told] = [new Map<string, string>(), new Map<string, string>()];
  for (const service of concerned) {
    const running = found.get(service.id);
    if (running === undefined || !runs(service.id)) continue;
    const differs = difference(service, running, plan);
    if (chosen !== undefined) reasons.set(service.id, ["as told", ...(differs ? [differs.why] : [])].join("; "));
    else if (differs !== undefined) (differs.live && tellable ? told : reasons).set(service.id, differs.why);
  }
  if (chosen === undefined)
    for (const [id, group] of staleNow(standing.services))
      if (runs(id) && found.has(id) && !reasons.has(id))
        reasons.set(id, `peer of ${group}, which its node started again: its handshake with it is stale`);
  const broken = new Set([
    ...missing.map(({ group }) => group),
    ...plan.services.filter(({ id }) => reasons.has(id)).map(({ group }) => group),
  ]);
  for (const { id, group } of plan.services)
    if (broken.has(group) && runs(id) && !reasons.has(id)) reasons.set(id, `restarts with the rest of ${group}`);
  const served = standing.services.some(({ spec }) => spec.kind === "proxy"); // before the proxy was there, no P had met a D
  const known = new Set(
    plan.services.filter((one) => broken.has(one.group) && hadEngine(standing, one)).map(({ group }) => group),
  );
  if (served) for (const [id, why] of stalePeers(plan, known, runs)) if (!reasons.has(id)) reasons.set(id, why);
  const because = (all: ReadonlyMap<string, string>) =>
    plan.services.flatMap((service) => {
      const why = all.get(service.id);
      return why === undefined ? [] : [{ service, why }];
    });
  return {
    keep: plan.services.filter(({ id }) => runs(id) && !reasons.has(id) && !told.has(id)),
    start: missing,
    restart: because(reasons),
    stale: served ? known : new Set(),
    retarget: because(told),
    stop:
      chosen !== undefined ? [] : standing.services.filter((one) => !mine.includes(one) && one.state.state === "alive"),
  };
}

/**
 * Whether an engine of this role has been on this node before, or is now to be replaced: a peer may hold what it learnt from it.
 * One that comes where none was is a stranger to everybody, and running engines meet it when the first request asks them to.
 */
const hadEngine = ({ services }: Standing, { id, role, node }: Service): boolean =>
  services.some(
    ({ spec, state, node: at }) =>
      at === node && (spec.service === id || (spec.role === role && state.state !== "alive")),
  );

/**
 * Running engines whose peers are (re)started, and theirs in turn: who met a peer that restarts is a fresh one to the others that it met.
 * Decode dies in `loadRemoteMD`, a prefill's transfers all fail. Source: vllm#49238, smg#2382; launch.md §3.2.
 */
function stalePeers(
  { services }: Plan,
  known: ReadonlySet<string>,
  runs: (id: string) => boolean,
): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  const met = services.filter(({ id, group }) => runs(id) && !known.has(group));
  const because = new Map<string, string>(); // group → the one that it restarts with
  let fresh = services.filter(({ group }) => known.has(group));
  while (fresh.length > 0) {
    const causes = new Map(fresh.map(({ role, group }) => [role, group] as const).toReversed());
    const next = met.filter(({ id, peers }) => !reasons.has(id) && peers.some((role) => causes.has(role)));
    for (const { id, group, peers } of next) {
      const cause = peers.flatMap((role) => causes.get(role) ?? [])[0] ?? "";
      const origin = because.get(cause);
      because.set(group, cause);
      reasons.set(
        id,
        `peer of ${cause}${origin === undefined ? "" : `, which restarts with ${origin}`}: its handshake with it would be stale`,
      );
    }
    fresh = next;
  }
  return reasons;
}

/** The same as the lines of `plan --changes`: blocked, stop, restart, change, start, keep; one line per reason. */
export function changesOf(delta: Delta, blocked: readonly Change[], file: string): readonly Change[] {
  const lines: Change[] = [...blocked];
  const places = new Map([...delta.start, ...delta.keep].map(({ id, node }) => [id, node]));
  for (const { spec, node } of delta.stop) {
    const now = places.get(spec.service);
    const why = now === undefined ? `not in ${file} any more; runs on ${node}` : `moves from ${node} to ${now}`;
    lines.push({ kind: "stop", services: [spec.service], why });
  }
  for (const rows of grouped(delta.restart).values())
    lines.push({ kind: "restart", services: rows.map(({ service }) => service.id), why: rows[0]?.why ?? "" });
  for (const { service, why } of delta.retarget) lines.push({ kind: "change", services: [service.id], why });
  if (delta.start.length > 0)
    lines.push({ kind: "start", services: delta.start.map(({ id }) => id), why: "does not run" });
  if (delta.keep.length > 0) lines.push({ kind: "keep", services: delta.keep.map(({ id }) => id), why: "" });
  return lines;
}

/** By role and reason: what restarts for one cause is one line. */
function grouped(rows: Delta["restart"]): Map<string, Delta["restart"][number][]> {
  const map = new Map<string, Delta["restart"][number][]>();
  for (const row of rows) {
    const key = `${row.service.role ?? row.service.id} ${row.why}`;
    map.set(key, [...(map.get(key) ?? []), row]);
  }
  return map;
}
