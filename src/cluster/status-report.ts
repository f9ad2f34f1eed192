import type { Target } from "../proxy/config.ts";
import type { Found } from "../supervise/supervise.ts";
import type { ServiceWord } from "./events.ts";
import type { Proven } from "./smoke/last-proof.ts";
import type { Answering } from "./smoke/witness.ts";
import type { Standing, StatusReport, StatusRow } from "./standing.ts";

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
  readonly nowMs: number;
}

/** What to show of what the nodes said. Pure: pdctl never guesses in the user's favour. */
export function reportOf(standing: Standing, { proven, notes, nowMs }: Beside): StatusReport {
  const rows = [...standing.services.map((one) => row(one, notes.get(one.spec.service))), ...silentRows(standing)];
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
    rehearsal: standing.services.some(({ spec }) => spec.note.rehearsal === true),
  };
}

/** What was started on nodes that do not answer now, as the proxy's node remembers it: unknown, not gone. */
function silentRows(standing: Standing): readonly StatusRow[] {
  const silent = new Map(standing.nodes.filter(({ state }) => state !== "reached").map(({ node, why }) => [node, why]));
  const proxy = standing.services.find(({ spec }) => spec.kind === "proxy");
  const engines = (proxy?.spec.note.engines ?? []) as readonly Answering[];
  return engines
    .filter(({ node }) => silent.has(node))
    .map(({ url, ...engine }) => ({
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

function row(found: Found & { readonly node: string }, known: Note | undefined): StatusRow {
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
    kvPorts: spec.listens.filter(({ purpose }) => purpose !== "http" && purpose !== "rpc").map(({ port }) => port),
    sinceSeconds: since === null ? null : Math.max(0, Math.round((nodeNowMs - since) / 1000)),
    note: known?.note ?? noteOf(state),
    code: known?.code ?? null,
    pid: state.state === "alive" ? state.identity.pid : null,
    rssBytes: state.state === "alive" ? found.rssBytes : null,
    restarts: found.formerRuns,
    hash: spec.hash,
  };
}

/** ready: undefined = its probes were not asked. */
export function word(state: Found["state"], ready: boolean | undefined, probed: boolean): ServiceWord {
  switch (state.state) {
    case "alive":
      return ready === true || !probed ? "ready" : "starting";
    case "died":
      return state.exit === 0 || state.signal === "TERM" ? "stopped" : "died";
    default:
      return state.state;
  }
}

function noteOf(state: Found["state"]): string | null {
  if (state.state === "unknown") return state.why;
  if (state.state !== "died") return null;
  if (state.signal !== null) return `killed by signal ${state.signal}`;
  return state.exit === null ? "exit unknown" : `exit code ${state.exit}`;
}

function serveUrl(standing: Standing): string | undefined {
  const smoke = standing.services.find(({ spec }) => spec.kind === "proxy")?.spec.note.smoke as
    | { url?: string }
    | undefined;
  return smoke?.url === undefined ? undefined : `${smoke.url}/v1`;
}

/** Endpoints are what the proxy sends to: a headless engine has none, so its endpoint is ready when all its group is. */
function endpointsOf(
  standing: Standing,
  rows: readonly StatusRow[],
  role: "prefill" | "decode",
): readonly [number, number] {
  const proxy = standing.services.find(({ spec }) => spec.kind === "proxy");
  const targets = (proxy?.spec.note.targets as readonly Target[] | undefined)?.filter((target) => target.role === role);
  const mine = rows.filter((one) => one.role === role && one.port !== null);
  const ready = mine.filter((one) => one.state === "ready").length;
  return [Math.min(ready, targets?.length ?? ready), targets?.length ?? mine.length];
}

function stateOf(
  standing: Standing,
  rows: readonly StatusRow[],
  { prefill, decode }: StatusReport["endpoints"],
): StatusReport["state"] {
  const silent = standing.nodes.some(({ state }) => state !== "reached");
  const alive = rows.filter(({ state }) => state === "ready" || state === "starting" || state === "loading");
  if (alive.length === 0) return silent ? "unknown" : "absent";
  const proxy = rows.find(({ kind }) => kind === "proxy")?.state;
  const serving = proxy === "ready" && prefill[0] > 0 && decode[0] > 0;
  const planned = Number(standing.services[0]?.spec.note.services ?? rows.length);
  if (serving && !silent && rows.length >= planned && rows.every(({ state }) => state === "ready")) return "healthy";
  if (
    !silent &&
    rows.every(({ state }) => state === "ready" || state === "starting" || state === "loading") &&
    !serving
  )
    return "starting";
  return serving ? "degraded, serving" : "degraded, not serving";
}
