import type { Shared } from "../connectors/connector.ts";
import type { Facts } from "../facts/facts.ts";
import type { TransferAsk } from "../proxies/index.ts";
import type { Role, Topology } from "../topology/topology.ts";
import type { Granted } from "./claims/claims.ts";
import { transferAsk } from "./engine/rendezvous.ts";
import { type Draft, engineService, type Scene } from "./engine/service.ts";
import { asksByNode } from "./facts/asks.ts";
import { unknowns } from "./facts/unknowns.ts";
import { usedFacts } from "./facts/used-facts.ts";
import { planHash, serviceHash } from "./hash.ts";
import { imagesOf } from "./lists/images.ts";
import { planInstance, planNode } from "./lists/outline.ts";
import { releasesOf } from "./lists/releases.ts";
import { reservations } from "./lists/reservations.ts";
import { targets as targetsOf } from "./lists/targets.ts";
import type { Plan, Planned, PlanStep, Service } from "./plan.ts";
import { proxyService } from "./proxy/index.ts";
import { kvTargets } from "./proxy/kv-targets.ts";
import { anywhere, type Seat, seats as seatsOf } from "./seats/seats.ts";
import { type Use, usesOf } from "./seats/uses.ts";
import { versionsOf } from "./seats/versions.ts";
import { addresses, connectorService, userService } from "./side.ts";
import { benchStep, smokeStep } from "./smoke.ts";

export interface ComposeAsk {
  readonly topology: Topology;
  readonly facts: readonly Facts[];
  readonly granted: readonly Granted[];
  readonly rehearsal: boolean;
  readonly scratch: Readonly<Record<Role, readonly string[]>>;
}

/** Puts the granted devices and ports into words: services, waves, targets, the trial, and the plan around them. */
export function compose(ask: ComposeAsk): Planned {
  const { topology, facts, granted, rehearsal } = ask;
  const seats = seatsOf(topology, facts);
  const shared = sharedOf(topology, seats);
  const transfer = shared.find(({ use }) => use.key === "kv.transfer");
  const targets = targetsOf(granted, seats);
  const scene: Scene = {
    ...ask,
    seats,
    bind: anywhere(seats),
    sideAddresses: addresses(
      shared.map((each) => each.shared),
      seats,
    ),
  };
  const running = engines(scene);
  const gateway = proxy(scene, transfer?.shared, transferAsk(topology, transfer?.shared, running, seats));
  const drafts = inOrder([...sides(scene, shared), ...running, ...gateway], topology);
  const services = withPeers(drafts, transfer?.use.connector.restartsPeers ?? false);
  const asks = asksByNode(topology, services);
  const nodes = topology.nodes.flatMap(({ name }) => planNode(seats.get(name), asks.get(name)));
  const releases = releasesOf(topology, seats);
  const waiting = unknowns(services, nodes, seats, releases);
  const gate = seats.get(topology.proxy.node) ?? [...seats.values()][0];
  const { model, kv, timeouts, overrides } = topology;
  const setup = setupOf(topology);
  const plan: Plan = {
    schema: "pdctl.plan/1",
    cluster: topology.name,
    hash: planHash(services, setup),
    provisional: waiting.length > 0,
    rehearsal,
    model: { path: model.path, servedName: model.servedName, kind: model.kind ?? null },
    transfer: kv.transfer.connector,
    cache: kv.cache ? { connector: kv.cache.connector, roles: kv.cache.roles } : null,
    unknowns: waiting,
    ...(releases.length > 0 && { releases }),
    facts: usedFacts(facts, seats, services, nodes),
    nodes,
    instances: granted.map(planInstance),
    ...(setup.length > 0 && { setup }),
    ...imagesOf(services, topology),
    services,
    waves: wavesOf(drafts),
    reservations: reservations(
      services,
      seats,
      shared.map(({ use, shared: each }) => ({ name: use.connector.name, shared: each })),
    ),
    targets,
    smoke: gate ? smokeStep(topology, gate, targets, transfer?.shared.proof) : nowhere(topology),
    bench: benchStep(topology, seats),
    preflight: topology.preflight,
    timeouts,
    ...(topology.ttlMs !== undefined && { ttlMs: topology.ttlMs }),
    ...(topology.restart && { restart: topology.restart }),
    overrides,
  };
  return {
    plan,
    findings: [],
    origins: Object.fromEntries(drafts.map(({ service, origins }) => [service.id, origins])),
  };
}

/** Node by node, each one's steps in file order. */
const setupOf = ({ setup = [], nodes }: Topology): readonly PlanStep[] =>
  nodes.flatMap(({ name: node }) =>
    setup
      .filter((step) => step.nodes.includes(node))
      .map(({ name, run, timeoutMs }) => ({ node, name, run, timeoutMs })),
  );

interface SharedUse {
  readonly use: Use;
  readonly shared: Shared;
}

/** What the connectors want once per cluster; each is asked once, with the fields of the first role that has it. */
function sharedOf(topology: Topology, seats: ReadonlyMap<string, Seat>): readonly SharedUse[] {
  const addressed = {
    ...topology,
    nodes: topology.nodes.map((node) => ({ ...node, ip: seats.get(node.name)?.ip ?? node.host })),
  };
  const uses = [...usesOf(topology, "prefill"), ...usesOf(topology, "decode")];
  const once = new Map(uses.toReversed().map((use) => [use.key, use]));
  return [...once.values()]
    .toSorted((a) => (a.key === "kv.transfer" ? -1 : 1))
    .map((use) => ({ use, shared: use.connector.shared(use.fields, addressed, agreed(topology, seats)) }));
}

/** Versions that all engines' nodes agree on. */
function agreed({ instances }: Topology, seats: ReadonlyMap<string, Seat>): Readonly<Record<string, string>> {
  const known = instances.flatMap((instance) => instance.nodes.map((node) => versionsOf(instance, seats.get(node))));
  return Object.fromEntries(
    Object.entries(known[0] ?? {}).filter(([name, version]) => known.every((versions) => versions[name] === version)),
  );
}

function sides(scene: Scene, shared: readonly SharedUse[]): readonly Draft[] {
  const { topology, seats, rehearsal } = scene;
  const { stopMs } = topology.timeouts;
  return [
    ...shared.flatMap(({ use, shared: { services } }) =>
      services.flatMap((service) => {
        const seat = seats.get(service.node);
        return seat ? [connectorService(service, use.connector.name, seat, rehearsal, stopMs)] : [];
      }),
    ),
    ...topology.services.flatMap((service) => {
      const seat = seats.get(service.node);
      return seat ? [userService(service, seat, stopMs)] : [];
    }),
  ];
}

const engines = (scene: Scene): readonly Draft[] =>
  scene.granted.flatMap((grants) =>
    grants.layout.processes.flatMap((process) => {
      const seat = scene.seats.get(process.node);
      return seat ? [engineService(scene, grants, process, seat)] : [];
    }),
  );

function proxy(scene: Scene, shared: Shared | undefined, transfer: TransferAsk): readonly Draft[] {
  const { topology, seats, granted, bind, rehearsal } = scene;
  const seat = seats.get(topology.proxy.node);
  if (seat === undefined) return [];
  const { readyMs, stopMs } = topology.timeouts;
  const targets = targetsOf(granted, seats);
  const engines = { transfer, targets, kvTargets: kvTargets(scene) };
  return [proxyService({ proxy: topology.proxy, seat, bind, shared, ...engines, readyMs, stopMs, rehearsal })];
}

/** Waves in order, then nodes as the topology lists them; within a node as they were made. */
function inOrder(drafts: readonly Draft[], { nodes }: Topology): readonly Draft[] {
  const at = new Map(nodes.map(({ name }, i) => [name, i]));
  return drafts.toSorted((a, b) => a.wave - b.wave || (at.get(a.service.node) ?? 0) - (at.get(b.service.node) ?? 0));
}

/** With some connectors a restart makes the handshakes of the whole other role stale. */
function withPeers(drafts: readonly Draft[], restarts: boolean): readonly Service[] {
  const peers = { prefill: ["decode"], decode: ["prefill"] } as const;
  return drafts.map(({ service }) => ({
    ...service,
    peers: restarts && service.role !== null ? peers[service.role] : [],
    hash: serviceHash(service),
  }));
}

/** A topology without a single node: the rules say so; the plan only has to exist. */
const nowhere = ({ model, smoke }: Topology): Plan["smoke"] => ({
  url: "http://nowhere",
  node: "",
  path: "/v1/completions",
  body: { model: model.servedName, max_tokens: smoke.maxTokens, temperature: 0 },
  promptWords: smoke.promptWords,
  requests: 1,
  proof: { rises: [], tokens: "", stays: [] },
});

/** By number: side services 0, engines 1, the proxy 2; a number that nobody has is an empty wave. */
function wavesOf(drafts: readonly Draft[]): readonly (readonly string[])[] {
  const last = Math.max(...drafts.map(({ wave }) => wave));
  return Array.from({ length: last + 1 }, (_, wave) =>
    drafts.filter((draft) => draft.wave === wave).map(({ service }) => service.id),
  );
}
