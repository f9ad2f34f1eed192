import type { Process } from "../engines/layout.ts";
import type { Granted } from "./claims.ts";
import type { Listen, Reservation } from "./plan.ts";
import type { Seat } from "./seats.ts";

/** Every port that one engine process binds, with the address it binds it on. Source: launch.md §2.1. */
export function engineListens(
  grants: Granted,
  process: Process,
  seat: Seat,
  { port, bind, head }: { port: number | undefined; bind: string; head: Seat },
): readonly Listen[] {
  const first = process.index === 0;
  const { parallel } = grants.instance.engine;
  return [
    ...(port === undefined ? [] : [{ port, purpose: "http", bind }]),
    ...grants.spans.flatMap(({ span, first: base }) =>
      span
        .binds({ ranks: process.ranks, parallel })
        .map((offset) => ({ port: base + offset, purpose: span.purpose, bind: span.bind ?? seat.ip })),
    ),
    ...(first && grants.rpc ? [{ port: grants.rpc.first, purpose: "dp_rpc", bind: head.ip, transient: true }] : []),
    ...(first && grants.master ? [{ port: grants.master.first, purpose: "master", bind: head.ip }] : []),
  ];
}

/** The group's spans belong to the instance on every node, whoever binds which part; the first process on a node carries them. */
export function engineReserves(
  { instance, spans, layout }: Granted,
  process: Process,
  listens: readonly Listen[],
): readonly Reservation[] {
  const carries = layout.processes.find(({ node }) => node === process.node) === process;
  return [
    ...listens
      .filter(({ purpose }) => !spans.some(({ span }) => span.purpose === purpose))
      .map(({ port, purpose }) => ({ first: port, last: port, owner: `${instance.id}-${process.index}`, purpose })),
    ...(carries
      ? spans.map(({ first, last, span: { purpose } }) => ({ first, last, owner: instance.id, purpose }))
      : []),
  ];
}
