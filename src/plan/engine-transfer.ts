import type { Role } from "../topology/topology.ts";
import type { EngineAsk, Scene } from "./engine-service.ts";
import { type Transfer, transfer } from "./transfer.ts";

/** Asks an engine's connectors with everything that they may know about it and its peers. */
export function engineTransfer({ scene, grants, process, seat, id }: EngineAsk): Transfer {
  const { instance } = grants;
  const context = {
    engine: {
      id,
      role: instance.role,
      kvLayout: instance.engine.kvLayout,
      hardware: seat.hardware,
      ranks: process.ranks,
      parallel: instance.engine.parallel,
      node: { name: process.node, ip: seat.ip, nic: seat.nic },
    },
    peers: peersOf(scene, instance.role),
    sizes: { prefill: sizeOf(scene, "prefill"), decode: sizeOf(scene, "decode") },
    services: scene.sideAddresses,
    versions: seat.versions,
  };
  const spans = (key: string) =>
    Object.fromEntries(grants.spans.flatMap((span) => (span.use.key === key ? [[span.span.name, span]] : [])));
  return transfer(grants.uses, context, ({ key }) => spans(key), seat.stateDir);
}

const peersOf = ({ granted, seats }: Scene, role: Role) =>
  granted
    .filter(({ instance }) => instance.role !== role)
    .flatMap(({ instance: { engine, nodes } }) => {
      const seat = seats.get(nodes[0] ?? "");
      return seat ? [{ kvLayout: engine.kvLayout, hardware: seat.hardware, parallel: engine.parallel }] : [];
    });

const single = { tp: 1, pp: 1, pcp: 1, dcp: 1, dp: 1 };

const sizeOf = ({ granted }: Scene, role: Role) =>
  granted.find(({ instance }) => instance.role === role)?.instance.engine.parallel ?? single;
