import type { Target } from "../../proxy/config.ts";
import type { Found } from "../../supervise/supervise.ts";
import { several } from "../../words/numbers.ts";
import type { ServiceWord } from "../events.ts";
import type { Proven } from "../smoke/last-proof.ts";
import type { Answering } from "../smoke/witness.ts";
import { staleNow } from "../standing/stale.ts";
import type { Gauge, Standing, StatusReport, StatusRow } from "../standing/standing.ts";
import { bereaved } from "./bereaved.ts";

/** Why a service died, as its log tells. */
export interface Note {
  readonly note: string;
  readonly code: string | null;
}

/** What is known beside what the nodes list: from logs, and of when the cluster was last proven. */
export interface Beside {
  readonly proven: Proven | undefined;
  /** By service; only of those that died. */
  readonly notes: ReadonlyMap<string, Note>;
  /** By service; only of side services that count something. */
  readonly gauges?: ReadonlyMap<string, readonly Gauge[]>;
  readonly nowMs: number;
}

/** What to show of what the nodes said. Pure: pdctl never guesses in the user's favour. */
export function reportOf(standing: Standing, { proven, notes, gauges, nowMs }: Beside): StatusReport {
  const listed = [
    ...current(standing).map((one) => row(one, noteIn(standing, one, notes), gauges?.get(one.spec.service))),
    ...silentRows(standing),
  ];
  const rows = unmet(bereaved(listed), standing);
  const proxy = rows.find(({ kind }) => kind === "proxy");
  const serve = serveUrl(standing);
  const endpoints = { prefill: endpointsOf(standing, rows, "prefill"), decode: endpointsOf(standing, rows, "decode") };
  return {
    cluster: standing.cluster,
    generation: standing.generation,
    state: stateOf(standing, rows, endpoints),
    nodes: standing.nodes,
    endpoints,
    proxy: proxy?.state ?? "absent",
    services: rows,
    ...(serve !== undefined && { serve }),
    ...(proven !== undefined && {
      proven: { secondsAgo: Math.max(0, Math.round((nowMs - proven.atMs) / 1000)), evidence: proven.evidence },
    }),
    ...(standing.lease && { lease: inSeconds(standing.lease) }),
    rehearsal: standing.services.some(({ spec }) => spec.note.rehearsal === true),
  };
}

/** Of a group that is not started again any more, that comes first. */
function noteIn({ gaveUp = [] }: Standing, { spec, state }: Found, notes: Beside["notes"]): Note | undefined {
  const known = notes.get(spec.service);
  const over = gaveUp.find(({ group }) => group === spec.group);
  if (over === undefined || state.state === "alive") return known;
  const head = `gave up after ${several(over.restarts, "restart")}`;
  return {
    note: known === undefined ? `${head}: ${over.why}` : `${head}: ${known.note}`,
    code: known?.code ?? null,
  };
}

/** It answers, and the next request over that peer can end it: nobody would see that from its health. */
function unmet(rows: readonly StatusRow[], { services }: Standing): readonly StatusRow[] {
  const stale = staleNow(services);
  return rows.map((row) => {
    const cause = stale.get(row.service);
    if (cause === undefined || !LIVES.has(row.state)) return row;
    return { ...row, note: `holds a handshake with ${cause}, which its node started again`, code: "stale-peer" };
  });
}

const inSeconds = ({ ttlMs, leftMs }: NonNullable<Standing["lease"]>) => ({
  ttlSeconds: Math.round(ttlMs / 1000),
  leftSeconds: Math.round(leftMs / 1000),
});

/** What was started on nodes that do not answer now, as the proxy's node remembers it: unknown, not gone. */
function silentRows(standing: Standing): readonly StatusRow[] {
  const silent = new Map(standing.nodes.filter(({ state }) => state !== "reached").map(({ node, why }) => [node, why]));
  const proxy = standing.services.find(({ spec }) => spec.kind === "proxy");
  const engines = (proxy?.spec.note.engines ?? []) as readonly Answering[];
  return engines
    .filter(({ node }) => silent.has(node))
    .map(({ url, hardware: _hardware, ...engine }) => ({
      ...engine,
      kind: "engine",
      state: "unknown",
      port: Number(new URL(url).port),
      kvPorts: [],
      sinceSeconds: null,
      note: silent.get(engine.node) ?? null,
      code: null,
      pid: null,
      rssBytes: null,
      restarts: 0,
      hash: "",
    }));
}

const NOT_KV: ReadonlySet<string> = new Set(["http", "rpc", "metrics", "prometheus"]);

function row(
  found: Found & { readonly node: string },
  known: Note | undefined,
  gauges: readonly Gauge[] | undefined,
): StatusRow {
  const { spec, state, ready, nodeNowMs, node } = found;
  const http = spec.listens.find(({ purpose }) => purpose === "http") ?? spec.listens[0];
  const since = state.state === "alive" ? state.sinceMs : state.state === "died" ? state.atMs : null;
  return {
    service: spec.service,
    kind: spec.kind,
    role: spec.role,
    group: spec.group,
    state: word(state, ready, spec.ready.length > 0),
    node,
    ranks: spec.ranks,
    devices: spec.devices,
    port: http?.port ?? null,
    kvPorts: spec.listens.filter(({ purpose }) => !NOT_KV.has(purpose)).map(({ port }) => port),
    sinceSeconds: since === null ? null : Math.max(0, Math.round((nodeNowMs - since) / 1000)),
    note: [known?.note ?? noteOf(found), survivors(found)].filter((part) => part !== null).join("; ") || null,
    code: known?.code ?? null,
    pid: state.state === "alive" ? state.identity.pid : null,
    rssBytes: state.state === "alive" ? found.rssBytes : null,
    restarts: found.formerRuns,
    hash: spec.hash,
    ...(gauges !== undefined && { gauges }),
  };
}

/** ready: undefined = its probes were not asked. */
export function word(state: Found["state"], ready: boolean | undefined, probed: boolean): ServiceWord {
  switch (state.state) {
    case "alive":
      return ready === true || !probed ? "ready" : "starting";
    case "died":
      return state.asked === true ? "stopped" : "died";
    default:
      return state.state;
  }
}

/** vLLM's engine core outlives an API server that was killed, and keeps its memory. Source: vllm-cpu.md §7. */
function survivors({ state, processes }: Found): string | null {
  if (state.state !== "died" || processes === 0) return null;
  return `${several(processes, "process", "processes")} of it ${processes === 1 ? "lives" : "live"} on`;
}

function noteOf({ state, nodeNowMs }: Found): string | null {
  if (state.state === "unknown") return state.why;
  if (state.state !== "died") return null;
  if (state.rebooted === true) return `gone with the boot of ${clockTime(state.atMs ?? 0, nodeNowMs)}`;
  if (state.signal !== null) return `killed by signal ${state.signal}`;
  return state.exit === null ? "exit unknown" : `exit code ${state.exit}`;
}

/** On the node's own clock, UTC; with the date when it was another day. */
function clockTime(atMs: number, nowMs: number): string {
  const [at, now] = [new Date(atMs).toISOString(), new Date(nowMs).toISOString()];
  const time = `${at.slice(11, 19)}Z`;
  return at.slice(0, 10) === now.slice(0, 10) ? time : `${at.slice(0, 10)} ${time}`;
}

function serveUrl(standing: Standing): string | undefined {
  const smoke = standing.services.find(({ spec }) => spec.kind === "proxy")?.spec.note.smoke as
    | { url?: string }
    | undefined;
  return smoke?.url === undefined ? undefined : `${smoke.url}/v1`;
}

/** What a later `up` took out of the plan, or to another node, has left its last run behind: that is no part of the cluster, unless it lives. */
function current({ services, planned }: Standing): Standing["services"] {
  const over = ({ state }: Found) => state.state === "died" || state.state === "absent";
  const newest = new Map<string, number>();
  for (const { spec } of services)
    newest.set(spec.service, Math.max(spec.generation, newest.get(spec.service) ?? spec.generation));
  const stays = ({ spec }: Found) =>
    (planned.length === 0 || planned.includes(spec.service)) && spec.generation === newest.get(spec.service);
  return services.filter((one) => stays(one) || !over(one));
}

/**
 * Endpoints are what the proxy sends to. One is ready when its engine is, and with it the engines of its group that have no
 * endpoint of their own: they are part of it.
 */
function endpointsOf(
  standing: Standing,
  rows: readonly StatusRow[],
  role: "prefill" | "decode",
): readonly [number, number] {
  const note = standing.services.find(({ spec }) => spec.kind === "proxy")?.spec.note;
  const mine = rows.filter((one) => one.role === role);
  const targets = (note?.targets as readonly Target[] | undefined)?.filter((target) => target.role === role);
  if (targets === undefined) {
    const fronts = mine.filter(({ port }) => port !== null);
    return [fronts.filter(({ state }) => state === "ready").length, fronts.length];
  }
  const engines = (note?.engines ?? []) as readonly Answering[];
  const fronts = new Set(
    engines.filter(({ url }) => targets.some((one) => one.url === url)).map(({ service }) => service),
  );
  const serves = ({ url }: Target) => {
    const engine = engines.find((one) => one.url === url);
    const parts = mine.filter(({ service, group }) =>
      service === engine?.service ? true : group === engine?.group && !fronts.has(service),
    );
    return parts.some(({ service }) => service === engine?.service) && parts.every(({ state }) => state === "ready");
  };
  return [targets.filter(serves).length, targets.length];
}

function stateOf(
  standing: Standing,
  rows: readonly StatusRow[],
  { prefill, decode }: StatusReport["endpoints"],
): StatusReport["state"] {
  const silent = standing.nodes.some(({ state, why }) => state !== "reached" || why !== undefined);
  const alive = rows.filter(({ state }) => LIVES.has(state));
  const proxy = rows.find(({ kind }) => kind === "proxy")?.state;
  const serving = proxy === "ready" && prefill[0] > 0 && decode[0] > 0;
  if (alive.length === 0) {
    if (silent || rows.some(({ state }) => state === "unknown")) return "unknown";
    return rows.some(({ state }) => state === "died") ? "degraded, not serving" : "absent";
  }
  const whole = !silent && standing.planned.every((id) => rows.some(({ service }) => service === id));
  if (serving && whole && rows.every(({ state, code }) => state === "ready" && code !== "stale-peer")) return "healthy";
  if (!silent && !serving && alive.length === rows.length) return "starting";
  return serving ? "degraded, serving" : "degraded, not serving";
}

const LIVES: ReadonlySet<ServiceWord> = new Set(["ready", "starting", "loading"]);
