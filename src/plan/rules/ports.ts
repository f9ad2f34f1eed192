import { written } from "../../topology/locate.ts";
import type { AnyRule, Path, Rule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import type { Plan, Reservation, Service } from "../plan.ts";
import { type Planned, placeOf } from "./command-line.ts";

interface Clash {
  readonly node: string;
  readonly first: Reservation;
  readonly second: Reservation;
}

/** Reservations of two owners that share a port on a node; the owner that comes later in the plan is the second. */
function* clashes({ reservations, services }: Plan): Iterable<Clash> {
  const turn = ({ owner }: Reservation) => services.findIndex(({ id, group }) => id === owner || group === owner);
  for (const [node, all] of Object.entries(reservations)) {
    const listeners = all.filter(({ random }) => random !== true).toSorted((a, b) => turn(a) - turn(b));
    for (const [index, second] of listeners.entries()) {
      for (const first of listeners.slice(0, index)) {
        if (first.owner !== second.owner && first.first <= second.last && second.first <= first.last) yield { node, first, second };
      }
    }
  }
}

const ports = ({ first, last }: Reservation) => (first === last ? String(first) : `${first}-${last}`);

/** Two listeners of one kind have a rule of their own, as the way out differs; the rest is N01. Source: launch.md §10.3. */
const kinds: readonly { id: string; is(clash: Clash, plan: Plan): boolean; remedy(clash: Clash): string }[] = [
  { id: "N09", is: ({ first, second }, { services }) => [first, second].some(({ owner, purpose }) => purpose === "http" && isProxy(services, owner)), remedy: () => "port: any that is free on the node" },
  { id: "N05", is: both("dp_rpc"), remedy: ({ first }) => `rpc_port: ${first.last + 1} on one of them, or leave it out on both` },
  { id: "N06", is: both("side_channel"), remedy: ({ first }) => `side_channel_port: ${first.last + 1} or more, or the same base on both` },
  { id: "N07", is: both("kv"), remedy: ({ first }) => `kv_port: ${first.last + 1} or more, or the same base on both` },
  { id: "N10", is: both("bootstrap"), remedy: ({ first }) => `bootstrap port: ${first.last + 1} or more on one of them` },
  { id: "N01", is: () => true, remedy: ({ first, second }) => `${second.purpose}: a port outside ${ports(first)}` },
];

function both(purpose: string) {
  return ({ first, second }: Clash) => first.purpose === purpose && second.purpose === purpose;
}
const isProxy = (services: readonly Service[], owner: string) => services.some(({ id, kind }) => id === owner && kind === "proxy");

/** N01, N05, N06, N07, N09, N10: every listener of a node has its port alone. */
export const clashRules: readonly AnyRule<Planned>[] = kinds.map(
  ({ id, remedy }, index): Rule<Planned, Clash & { from: Path }> => ({
    id,
    level: "error",
    *check({ topology, plan }) {
      for (const clash of clashes(plan)) {
        if (kinds.findIndex((kind) => kind.is(clash, plan)) !== index) continue;
        const judged = isProxy(plan.services, clash.first.owner) ? { ...clash, first: clash.second, second: clash.first } : clash;
        const { second, node } = judged;
        yield { at: portPath(topology, plan, second), mark: "value", subject: `${second.owner} on ${node}`, data: { ...judged, from: portPath(topology, plan, judged.first) } };
      }
    },
    message: ({ node, first, second }) => `port ${shared(first, second)} on ${node} is taken twice: by ${second.owner} and by ${first.owner}`,
    caret: ({ first, from }) => `${first.owner} ${first.purpose === "http" ? "listens on" : "has"} ${ports(first)} by ${written(from)}`,
    remedy,
  }),
);

const shared = (a: Reservation, b: Reservation) => Math.max(a.first, b.first);

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
  message: ({ owner, purpose, port, node }) => `${owner} would have port ${port} on ${node} for ${purpose}, outside 1024-65535`,
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
  return service === undefined ? [] : [...placeOf(topology, service), ...(keys[purpose] ?? [purpose])];
}
