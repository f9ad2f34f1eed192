import { BLOCK } from "../../engines/claims.ts";
import type { Process } from "../../engines/layout.ts";
import { firsts, once } from "../../once.ts";
import type { Granted } from "../claims/claims.ts";
import type { PortGrant } from "../claims/ports.ts";
import type { Listen, Reservation, Service } from "../plan.ts";
import type { EngineAsk } from "./service.ts";

/** The port on which an engine answers; none when its head does. */
export function endpoint({ grants, process }: Pick<EngineAsk, "grants" | "process">): number | undefined {
  const http = grants.http.get(process.node);
  return http === undefined || process.headless ? undefined : http.first + process.localIndex;
}

/** Every port that one engine process binds, with the address it binds it on. Source: launch.md §2.1. */
export function engineListens(ask: EngineAsk): readonly Listen[] {
  const { scene, grants, process, seat } = ask;
  const { engine, nodes } = grants.instance;
  const first = process.index === 0;
  const port = endpoint(ask);
  const head = scene.seats.get(nodes[0] ?? "")?.ip ?? seat.ip;
  return [
    ...(port === undefined ? [] : [{ port, purpose: "http", bind: engine.bind ?? scene.bind }]),
    ...grants.spans.flatMap(({ span, first: base }) =>
      span
        .binds({ ranks: process.ranks, parallel: engine.parallel, ...part(grants, process) })
        .map((offset) => ({ port: base + offset, purpose: span.purpose, bind: span.bind ?? seat.ip })),
    ),
    ...(grants.kvEvents === undefined ? [] : eventPorts(grants.kvEvents, process)),
    ...(first && grants.rpc ? [{ port: grants.rpc.first, purpose: "dp_rpc", bind: head, transient: true }] : []),
    ...(first && grants.master ? [{ port: grants.master.first, purpose: "master", bind: head }] : []),
  ];
}

const eventPorts = ({ first }: PortGrant, { ranks }: Process): readonly Listen[] =>
  ranks.map((rank) => ({ port: first + rank, purpose: "kv_events", bind: "0.0.0.0" }));

/** The first of the ports from which a process draws at random, and how many there are. */
export function ownBlock({ blocks }: Granted, { node, localIndex }: Process): PortGrant | undefined {
  const first = blocks.get(node)?.first;
  if (first === undefined) return undefined;
  return { first: first + BLOCK * localIndex, last: first + BLOCK * (localIndex + 1) - 1 };
}

const part = ({ layout: { nnodes } }: Granted, { nodeIndex }: Process) =>
  nnodes > 1 ? { part: { index: nodeIndex, of: nnodes } } : {};

/** The group's spans belong to the instance on every node, whoever binds which part; the first process on a node carries them. */
export function engineReserves(grants: Granted, process: Process, listens: readonly Listen[]): readonly Reservation[] {
  const { instance, spans, layout } = grants;
  const block = ownBlock(grants, process);
  const owner = `${instance.id}-${process.index}`;
  const carries = carriers(layout).get(process.node) === process;
  return [
    ...listens
      .filter(({ purpose }) => !spans.some(({ span }) => span.purpose === purpose))
      .map(({ port, purpose }) => ({ first: port, last: port, owner, purpose })),
    ...(block === undefined ? [] : [{ ...block, owner, purpose: "random" }]),
    ...(carries
      ? spans.map(({ first, last, span: { purpose } }) => ({ first, last, owner: instance.id, purpose }))
      : []),
  ];
}

const carriers = once(({ processes }: Granted["layout"]) => firsts(processes, ({ node }) => node));

/** How an engine says that it is ready; it says nothing itself when its head answers for it. */
export function engineProbes(ask: EngineAsk): Service["ready"] {
  const port = endpoint(ask);
  return port === undefined ? [] : [{ kind: "http", host: ask.seat.ip, port, path: "/health" }];
}
