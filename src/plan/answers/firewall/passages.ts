import { connectors } from "../../../connectors/index.ts";
import { grouped, once } from "../../../once.ts";
import type { Listen, Plan, Service } from "../../plan.ts";
import type { Passage } from "../answers.ts";

/** `net.ipv4.ip_local_port_range` as Linux has it unless somebody set it: where the kernel takes ports that nobody asked for by number. */
export const kernelRange = { first: 32_768, last: 60_999 };

/**
 * Everything that has to cross between nodes for the cluster to work: clients to the proxy, the proxy to the engines, prefill and decode to each
 * other's side channels, a group's ranks to each other, everybody to the side services. Source: launch.md §1.8, §2.1.
 */
export function passages(plan: Plan): readonly Passage[] {
  const all = [
    ...plan.services.flatMap((service) => service.listens.flatMap((listen) => served(plan, service, listen))),
    ...drawn(plan),
    ...withinGroups(plan),
    ...blocks(plan),
    ...dataPorts(plan),
  ];
  return merged(all.flatMap(crossing)).toSorted(
    (a, b) => order(plan, a) - order(plan, b) || a.first - b.first || a.last - b.last,
  );
}

/** No other node reaches it there. */
const isLoopback = (bind: string): boolean => /^(127\.|::1$|localhost$)/.test(bind);

const place = once((plan: Plan) => new Map(plan.nodes.map(({ name }, index) => [name, index])));
const order = (plan: Plan, { to }: Passage) => place(plan).get(to) ?? 0;

/** Names of the nodes with engines of a role, of a group, with any engine, with the proxy. */
const round = once((plan: Plan) => {
  const engines = plan.services.filter(({ kind }) => kind === "engine");
  const names = (services: Iterable<Service>) => [...new Set([...services].map(({ node }) => node))];
  return {
    roles: {
      prefill: names(engines.filter(({ role }) => role === "prefill")),
      decode: names(engines.filter(({ role }) => role === "decode")),
    },
    groups: new Map([...grouped(engines, ({ group }) => group)].map(([group, members]) => [group, names(members)])),
    engines: names(engines),
    proxy: names(plan.services.filter(({ kind }) => kind === "proxy")),
    all: plan.nodes.map(({ name }) => name),
  };
});

/** Who dials one listener. Metrics of a side service are for people, who come over SSH or open them themselves. */
function served(plan: Plan, service: Service, { port, purpose, bind, calledBy }: Listen): readonly Passage[] {
  if (isLoopback(bind)) return [];
  const at = { to: service.node, first: port, last: port };
  const from = dialers(plan, service, purpose);
  return [
    ...(from === undefined ? [] : [{ ...at, from, purpose }]),
    ...(calledBy === undefined ? [] : [{ ...at, from: round(plan).roles[calledBy], purpose: "metaserver" }]),
  ];
}

function dialers(plan: Plan, { kind, role, group }: Service, purpose: string): readonly string[] | null | undefined {
  const { roles, groups, engines, proxy, all } = round(plan);
  if (kind === "proxy") return purpose === "http" ? null : purpose === "discovery" ? engines : undefined;
  if (kind === "side") return purpose === "metrics" ? undefined : purpose === "listen" ? all : engines;
  if (purpose === "http" || purpose === "kv_events") return proxy;
  if (purpose === "dp_rpc" || purpose === "master") return groups.get(group);
  const peers = role === "prefill" ? roles.decode : roles.prefill;
  return purpose === "bootstrap" ? [...proxy, ...peers] : peers; // a proxy asks the bootstrap server who is there
}

/** Ranges that a connector's library draws from at random: the other role dials in, and so does the rest of the group. */
function drawn(plan: Plan): readonly Passage[] {
  const { engines } = round(plan);
  return Object.entries(plan.reservations).flatMap(([to, all]) =>
    all
      .filter(({ random }) => random === true)
      .map(({ first, last, purpose }) => ({ to, from: engines, first, last, purpose })),
  );
}

/** The ranks of one group meet on ports that the kernel gives: gloo, torch stores, the coordinator, message queues. */
function withinGroups(plan: Plan): readonly Passage[] {
  return [...round(plan).groups.values()].flatMap((nodes) =>
    nodes.length < 2 ? [] : nodes.map((to) => ({ to, from: nodes, ...kernelRange, purpose: "ranks", kernel: true })),
  );
}

/** The block that an engine's own random ports come from, where it has one; gloo goes on asking the kernel. */
function blocks(plan: Plan): readonly Passage[] {
  const { groups } = round(plan);
  return plan.services.flatMap(({ node: to, group, reserves }) =>
    reserves
      .filter(({ purpose }) => purpose === "random")
      .map(({ first, last }) => ({ to, from: groups.get(group) ?? [], first, last, purpose: "ranks" })),
  );
}

/** A transfer that may fall back to TCP listens where the kernel puts it. */
function dataPorts(plan: Plan): readonly Passage[] {
  const { roles } = round(plan);
  const listening = plan.services.filter(
    ({ kind, env }) => kind === "engine" && (connectors.get(plan.transfer)?.kernelPorts?.(env) ?? false),
  );
  return [...new Map(listening.map((service) => [`${service.node} ${service.role}`, service])).values()].map(
    ({ node, role }) => ({
      to: node,
      from: role === "prefill" ? roles.decode : roles.prefill,
      ...kernelRange,
      purpose: "kv data",
      kernel: true,
    }),
  );
}

/** Without the node itself; nobody left, no passage. */
function crossing(passage: Passage): readonly Passage[] {
  const from = passage.from?.filter((node) => node !== passage.to) ?? null;
  return from?.length === 0 ? [] : [{ ...passage, from: from === null ? null : [...new Set(from)] }];
}

/** Ports of one purpose that follow each other, for the same nodes, are one passage. */
function merged(all: readonly Passage[]): readonly Passage[] {
  const alike = grouped(all, ({ to, from, purpose }) => JSON.stringify([to, from, purpose]));
  return [...alike.values()].flatMap((group) => {
    const joined: Passage[] = [];
    for (const one of group.toSorted((a, b) => a.first - b.first)) {
      const open = joined.at(-1);
      if (open === undefined || one.first > open.last + 1) joined.push(one);
      else joined[joined.length - 1] = { ...open, last: Math.max(open.last, one.last) };
    }
    return joined;
  });
}
