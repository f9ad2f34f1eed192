import { once } from "../../once.ts";
import { written } from "../../topology/locate.ts";
import type { AnyRule, Path, Rule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import type { Plan, Reservation } from "../plan.ts";
import { type Planned, placeOf } from "./command-line.ts";

interface Clash {
  readonly node: string;
  readonly first: Reservation;
  readonly second: Reservation;
  /** The lowest port behind the first, with as many free ones as the second needs. */
  readonly free: number;
}

/** Reservations of two owners that share a port on a node. The owner that comes later in the plan is the second, the proxy always. */
const clashes = once((plan: Plan): readonly Clash[] =>
  Object.entries(plan.reservations).flatMap(([node, all]) =>
    overlaps(plan, all).map(([first, second]) => ({ node, first, second, free: freeBehind(first.last, second, all) })),
  ),
);

/**
 * Pairs that share a port, in the order of the plan. One sweep from the lowest port up compares a listener with those alone that are still
 * open where it begins: a node without a clash costs its listeners, not their square.
 */
function overlaps(plan: Plan, all: readonly Reservation[]): readonly (readonly [Reservation, Reservation])[] {
  const turn = ({ owner }: Reservation) => turns(plan).get(owner) ?? -1;
  const listeners = all.filter(({ random }) => random !== true).toSorted((a, b) => turn(a) - turn(b));
  const place = new Map(listeners.map((one, index) => [one, index]));
  const at = (one: Reservation) => place.get(one) ?? 0;
  const pairs: [Reservation, Reservation][] = [];
  let open: Reservation[] = [];
  for (const one of listeners.toSorted((a, b) => a.first - b.first)) {
    open = open.filter(({ last }) => last >= one.first);
    for (const other of open) pairs.push(at(other) < at(one) ? [other, one] : [one, other]);
    open.push(one);
  }
  return pairs.toSorted(([a, b], [c, d]) => at(b) - at(d) || at(a) - at(c));
}

/** Place of a reservation's owner in the plan: an engine's id, or an instance's by its first engine. */
const turns = once(({ services }: Plan) => {
  const first = new Map<string, number>();
  for (const [index, { id, group }] of services.entries())
    for (const owner of [id, group]) if (!first.has(owner)) first.set(owner, index);
  return first;
});

/** First of as many free ports behind a port as the one that moves needs. */
function freeBehind(port: number, moves: Reservation, all: readonly Reservation[]): number {
  let free = port + 1;
  for (const { first, last } of all.filter((one) => one !== moves).toSorted((a, b) => a.first - b.first))
    if (last >= free && first <= free + moves.last - moves.first) free = last + 1;
  return free;
}

const span = ({ first, last }: Reservation) => (first === last ? String(first) : `${first}-${last}`);

/** Two listeners of one kind have a rule of their own, as the way out differs; the rest is N01. Source: launch.md §10.3. */
const kinds: readonly { id: string; is(clash: Clash, plan: Plan): boolean }[] = [
  {
    id: "N09",
    is: ({ second }, plan) => plan.services[turns(plan).get(second.owner) ?? -1]?.kind === "proxy",
  },
  { id: "N05", is: both("dp_rpc") },
  { id: "N06", is: both("side_channel") },
  { id: "N07", is: both("kv") },
  { id: "N10", is: both("bootstrap") },
  { id: "N01", is: () => true },
];

function both(purpose: string) {
  return ({ first, second }: Clash) => first.purpose === purpose && second.purpose === purpose;
}

/** N01, N05, N06, N07, N09, N10: every listener of a node has its port alone. */
export const clashRules: readonly AnyRule<Planned>[] = kinds.map(
  ({ id }, index): Rule<Planned, Clash & { from: Path; key: string }> => ({
    id,
    level: "error",
    *check({ topology, plan }) {
      for (const clash of clashes(plan)) {
        if (kinds.findIndex((kind) => kind.is(clash, plan)) !== index) continue;
        const at = portPath(topology, plan, clash.second);
        const data = { ...clash, from: portPath(topology, plan, clash.first), key: String(at.at(-1)) };
        yield { at, mark: "value", subject: `${clash.second.owner} on ${clash.node}`, data };
      }
    },
    message: ({ node, first, second }) => {
      const taken = `port ${Math.max(first.first, second.first)} on ${node} is taken twice`;
      return first.owner === second.owner
        ? `${taken} by ${second.owner}: for ${second.purpose} and for ${first.purpose}`
        : `${taken}: by ${second.owner} and by ${first.owner}`;
    },
    caret: ({ first, from }) =>
      `${first.owner} ${first.purpose === "http" ? "listens on" : "has"} ${span(first)} by ${written(from)}`,
    remedy: ({ first, second, key, free, node }) =>
      first.purpose === second.purpose && first.purpose !== "http"
        ? `${key}: ${free} or more, or the same base on both`
        : `${key}: ${free}, or any other that is free on ${node}`,
  }),
);

/** N02: a port that was moved by its offset has to stay one. Source: launch.md §2.2. */
export const n02: Rule<Planned, { owner: string; purpose: string; port: number; node: string }> = {
  id: "N02",
  level: "error",
  *check({ topology, plan }) {
    for (const [node, all] of Object.entries(plan.reservations)) {
      for (const one of all) {
        const port = one.first < 1024 ? one.first : one.last > 65_535 ? one.last : undefined;
        if (port === undefined) continue;
        const data = { owner: one.owner, purpose: one.purpose, port, node };
        yield { at: portPath(topology, plan, one), mark: "value", subject: `${one.owner} on ${node}`, data };
      }
    }
  },
  message: ({ owner, purpose, port, node }) =>
    `${owner} would have port ${port} on ${node} for ${purpose}, outside 1024-65535`,
  remedy: ({ port }) => (port < 1024 ? "a port from 1024 up" : "a lower one: its ranks and instances count up from it"),
};

const keys: Readonly<Record<string, readonly string[]>> = {
  http: ["port"],
  dp_rpc: ["parallel", "rpc_port"],
  master: ["parallel", "master_port"],
  side_channel: ["side_channel_port"],
  kv: ["kv_port"],
  bootstrap: ["bootstrap_port"],
  handshake: ["handshake_port"],
  notify: ["notify_port"],
  rpc: ["port"],
  metrics: ["metrics_port"],
  prometheus: ["args", "prometheus-port"],
};

/** The key that decides a listener's port. */
function portPath(topology: Topology, plan: Plan, { owner, purpose }: Reservation): Path {
  const service = plan.services[turns(plan).get(owner) ?? -1];
  if (service === undefined) return [];
  const own = service.kind === "side" && topology.services.some(({ name }) => name === service.id);
  return [...placeOf(topology, service), ...(own ? ["listens"] : (keys[purpose] ?? [purpose]))];
}
