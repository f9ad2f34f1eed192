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
function* clashes({ reservations, services }: Plan): Iterable<Clash> {
  const turn = ({ owner }: Reservation) => services.findIndex(({ id, group }) => id === owner || group === owner);
  for (const [node, all] of Object.entries(reservations)) {
    const listeners = all.filter(({ random }) => random !== true).toSorted((a, b) => turn(a) - turn(b));
    for (const [index, second] of listeners.entries()) {
      for (const first of listeners.slice(0, index)) {
        if (first.first > second.last || second.first > first.last) continue;
        yield {
          node,
          first,
          second,
          free: freeBehind(
            first.last,
            second,
            all.filter((one) => one !== second),
          ),
        };
      }
    }
  }
}

/** First of as many free ports as the one that moves needs. */
function freeBehind(port: number, moves: Reservation, others: readonly Reservation[]): number {
  const end = port + 1 + moves.last - moves.first;
  const taken = others.find(({ first, last }) => first <= end && last > port);
  return taken === undefined ? port + 1 : freeBehind(taken.last, moves, others);
}

const span = ({ first, last }: Reservation) => (first === last ? String(first) : `${first}-${last}`);

/** Two listeners of one kind have a rule of their own, as the way out differs; the rest is N01. Source: launch.md §10.3. */
const kinds: readonly { id: string; is(clash: Clash, plan: Plan): boolean }[] = [
  {
    id: "N09",
    is: ({ second }, { services }) => services.some(({ id, kind }) => id === second.owner && kind === "proxy"),
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
  rpc: ["port"],
  metrics: ["metrics_port"],
};

/** The key that decides a listener's port. */
function portPath(topology: Topology, plan: Plan, { owner, purpose }: Reservation): Path {
  const service = plan.services.find(({ id, group }) => id === owner || group === owner);
  if (service === undefined) return [];
  const own = topology.services.some(({ name }) => name === service.id);
  return [...placeOf(topology, service), ...(own ? ["listens"] : (keys[purpose] ?? [purpose]))];
}
