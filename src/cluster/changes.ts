import type { Plan, Service } from "../plan/plan.ts";
import type { Found } from "../supervise/supervise.ts";
import type { Change, Standing } from "./standing.ts";

/** What separates the nodes from the plan, service by service. */
export interface Delta {
  readonly keep: readonly Service[];
  readonly start: readonly Service[];
  /** Runs, and has to be stopped and started again; with the reason. */
  readonly restart: readonly { readonly service: Service; readonly why: string }[];
  /** Runs, and is not in the plan any more, or not on that node. */
  readonly stop: readonly (Found & { readonly node: string })[];
}

/**
 * Compares the plan with what the nodes list. A group is restarted as one: no rank of it can be replaced alone. Engines
 * that may have met a restarted peer restart with it, because their handshake with it would be stale.
 */
export function compare(plan: Plan, standing: Standing): Delta {
  const placed = new Map(plan.services.map(({ id, node }) => [id, node]));
  const mine = standing.services.filter(({ spec, node }) => placed.get(spec.service) === node); // on another node it is another one
  const found = new Map(mine.map((one) => [one.spec.service, one]));
  const runs = (id: string) => found.get(id)?.state.state === "alive";
  const reasons = new Map<string, string>();
  const missing = plan.services.filter(({ id }) => !runs(id));
  for (const service of plan.services) {
    const why = runs(service.id) ? difference(service, found.get(service.id)) : undefined;
    if (why !== undefined) reasons.set(service.id, why);
  }
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
  return {
    keep: plan.services.filter(({ id }) => runs(id) && !reasons.has(id)),
    start: missing,
    restart: plan.services.flatMap((service) => {
      const why = reasons.get(service.id);
      return why === undefined ? [] : [{ service, why }];
    }),
    stop: standing.services.filter((one) => !mine.includes(one) && one.state.state === "alive"),
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

/** Running engines whose peer group is (re)started: one step, since the peers of peers are the same role as the cause. */
function* stalePeers(
  plan: Plan,
  known: ReadonlySet<string>,
  runs: (id: string) => boolean,
): Iterable<[string, string]> {
  const fresh = new Map(
    plan.services.flatMap(({ role, group }) => (known.has(group) ? [[role, group] as const] : [])).toReversed(),
  );
  for (const service of plan.services) {
    if (!runs(service.id) || known.has(service.group)) continue;
    const cause = service.peers.map((role) => fresh.get(role)).find((group) => group !== undefined);
    if (cause !== undefined) yield [service.id, `peer of ${cause}: its handshake with it would be stale`];
  }
}

/** The first thing that differs between what runs and what is planned, in the user's words; undefined: the same hash. */
function difference(service: Service, running: Found | undefined): string | undefined {
  if (running === undefined || running.spec.hash === service.hash) return undefined;
  const before = running.spec.note as { argv?: readonly string[]; env?: Readonly<Record<string, unknown>> };
  return (
    argumentChange(before.argv ?? [], service.argv) ??
    environmentChange(before.env ?? {}, service.env) ??
    "its files or runtime changed"
  );
}

function argumentChange(before: readonly string[], after: readonly string[]): string | undefined {
  const [old, now] = [flags(before), flags(after)];
  for (const [flag, value] of now) {
    if (!old.has(flag)) return `${`${flag} ${value}`.trim()} is new`;
    if (old.get(flag) !== value) return `${flag} ${short(old.get(flag))} → ${short(value)}`;
  }
  const gone = [...old.keys()].find((flag) => !now.has(flag));
  return gone === undefined ? undefined : `${gone} is gone`;
}

/** `--flag a b` → ["--flag", "a b"]; what stands before the first flag is one entry of its own. */
function flags(argv: readonly string[]): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  let flag = "command";
  for (const word of argv) {
    if (word.startsWith("--")) {
      flag = word;
      map.set(flag, "");
    } else map.set(flag, `${map.get(flag) ?? ""} ${word}`.trim());
  }
  return map;
}

function environmentChange(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): string | undefined {
  for (const name of new Set([...Object.keys(after), ...Object.keys(before)]))
    if (JSON.stringify(before[name]) !== JSON.stringify(after[name]))
      return `${name} ${text(before[name])} → ${text(after[name])}`;
  return undefined;
}

const text = (value: unknown) =>
  value === undefined ? "unset" : short(typeof value === "string" ? value : JSON.stringify(value));
const short = (value: string | undefined) =>
  value === undefined || value.length <= 40 ? (value ?? "") : `${value.slice(0, 39)}…`;

/** The same as the lines of `plan --changes`: blocked, stop, restart, start, keep; one line per reason. */
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
  if (delta.start.length > 0)
    lines.push({ kind: "start", services: delta.start.map(({ id }) => id), why: "does not run" });
  if (delta.keep.length > 0) lines.push({ kind: "keep", services: delta.keep.map(({ id }) => id), why: "" });
  return lines;
}

/** By group and reason: what restarts together for one cause is one line. */
function grouped(rows: Delta["restart"]): Map<string, Delta["restart"][number][]> {
  const map = new Map<string, Delta["restart"][number][]>();
  for (const row of rows) {
    const key = `${row.service.group} ${row.why}`;
    map.set(key, [...(map.get(key) ?? []), row]);
  }
  return map;
}
