import { firsts, once } from "../../once.ts";
import { proxies } from "../../proxies/index.ts";
import type { Role } from "../../topology/topology.ts";
import type { Granted, SpanGrant } from "../claims/claims.ts";
import { versionsOf } from "../seats/versions.ts";
import { endpoint } from "./ports.ts";
import type { EngineAsk, Scene } from "./service.ts";
import { type Transfer, transfer } from "./transfer.ts";

/** Asks an engine's connectors with everything that they may know about it and its peers. */
export function engineTransfer(ask: EngineAsk): Transfer {
  const { grants, seat } = ask;
  return transfer(grants.uses, transferContext(ask), ({ key }) => spansOf(grants, key), seat.stateDir);
}

/** The ports that a connector got, by its own names. */
export const spansOf = ({ spans }: Granted, key: string): Readonly<Record<string, SpanGrant>> =>
  Object.fromEntries(spans.flatMap((span) => (span.use.key === key ? [[span.span.name, span]] : [])));

export function transferContext({ scene, grants, process, seat, id }: EngineAsk) {
  const { instance } = grants;
  const http = endpoint({ grants, process });
  const proxyIp = isTold(scene) ? undefined : scene.seats.get(scene.topology.proxy.node)?.ip;
  return {
    engine: {
      id,
      role: instance.role,
      kvLayout: instance.engine.kvLayout,
      hardware: seat.hardware,
      ranks: process.ranks,
      parallel: instance.engine.parallel,
      node: { name: process.node, ip: seat.ip, nic: seat.nic },
      ...(http !== undefined && { http }),
    },
    ...(proxyIp !== undefined && { proxyIp }),
    peers: roundOf(scene).peers[instance.role],
    sizes: roundOf(scene).sizes,
    services: scene.sideAddresses,
    versions: versionsOf(instance, seat),
  };
}

/** The proxy reads where the engines are, and does not listen for what they say of themselves: pdctl's own. */
const isTold = ({ topology: { proxy }, rehearsal }: Scene): boolean =>
  rehearsal || proxies[proxy.kind].flags === undefined;

/** What the engines of a scene see of each other: worked out once, as a thousand instances would ask for it. */
const roundOf = once((scene: Scene) => ({
  peers: { prefill: peersOf(scene, "prefill"), decode: peersOf(scene, "decode") },
  sizes: { prefill: sizeOf(scene, "prefill"), decode: sizeOf(scene, "decode") },
}));

/** Peers by kind: instances that look the same to a connector are there once. */
function peersOf({ granted, seats }: Scene, role: Role) {
  const all = granted
    .filter(({ instance }) => instance.role !== role)
    .flatMap(({ instance: { engine, nodes } }) => {
      const seat = seats.get(nodes[0] ?? "");
      return seat ? [{ kvLayout: engine.kvLayout, hardware: seat.hardware, parallel: engine.parallel }] : [];
    });
  const kind = ({ kvLayout, hardware, parallel }: (typeof all)[number]) =>
    JSON.stringify([kvLayout, hardware.name, parallel]);
  return [...firsts(all, kind).values()];
}

const single = { tp: 1, pp: 1, pcp: 1, dcp: 1, dp: 1 };

const sizeOf = ({ granted }: Scene, role: Role) =>
  granted.find(({ instance }) => instance.role === role)?.instance.engine.parallel ?? single;
