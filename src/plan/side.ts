import type { Shared, SideService } from "../connectors/connector.ts";
import type { Env, SideProcess } from "../topology/topology.ts";
import type { Draft } from "./engine/service.ts";
import { loneService } from "./lone-service.ts";
import type { Listen, Service } from "./plan.ts";
import { overlay } from "./seats/layers.ts";
import { program, type Seat } from "./seats/seats.ts";
import { venvLayer } from "./seats/venv.ts";

/** A side service that a connector needs; in a rehearsal pdctl's stand-in takes its arguments. */
export function connectorService(side: SideService, by: string, seat: Seat, rehearsal: boolean, stopMs: number): Draft {
  const standIn = rehearsal ? [seat.runner.path, program(seat, "sim").path] : [];
  return draft({
    id: side.name,
    seat,
    wave: 0,
    argv: [...standIn, ...side.argv],
    env: side.env,
    ...(side.venv !== undefined && !rehearsal && { venv: side.venv }),
    ...(side.gauges !== undefined && { gauges: side.gauges }),
    files: rehearsal ? [program(seat, "sim"), ...seat.runner.files] : [],
    listens: side.listens.map(({ port, purpose }) => ({ port, purpose, bind: "0.0.0.0" })),
    ready: side.ready,
    stopMs,
    from: by,
    why: "kv.transfer",
    paths: [],
  });
}

/** A side process of the user's own. */
export function userService(wanted: SideProcess, seat: Seat, stopMs: number): Draft {
  const { ready } = wanted;
  const probes = [
    ...(ready?.tcp === undefined ? [] : [{ kind: "tcp" as const, host: seat.ip, port: ready.tcp }]),
    ...(ready?.http === undefined ? [] : [httpProbe(ready.http, seat.ip)]),
  ];
  return draft({
    id: wanted.name,
    seat,
    wave: wanted.wave,
    argv: wanted.command,
    env: wanted.env,
    files: [],
    listens: wanted.listens.map((port) => ({ port, purpose: "listen", bind: seat.ip })),
    ready: probes.length > 0 ? probes : [{ kind: "alive" }],
    stopMs,
    from: "topology",
    why: "services",
    paths: [wanted.path],
  });
}

interface Side {
  readonly id: string;
  readonly seat: Seat;
  readonly wave: number;
  readonly argv: readonly string[];
  readonly venv?: string;
  readonly env: Env;
  readonly gauges?: Service["gauges"];
  readonly files: Service["files"];
  readonly listens: readonly Listen[];
  readonly ready: Service["ready"];
  readonly stopMs: number;
  readonly from: string;
  readonly why: string;
  readonly paths: readonly (readonly (string | number)[])[];
}

/** Side services get only their own environment. Source: seed-lines.md C8. */
function draft({ id, seat, wave, argv, venv, env, gauges, files, listens, ready, stopMs, ...origin }: Side): Draft {
  const layered = overlay([...venvLayer(venv, seat, "its venv"), { env, origin: () => origin }]);
  return {
    wave,
    origins: { argv: [{ words: argv, ...origin }], env: layered.origins },
    service: loneService({
      id,
      kind: "side",
      node: seat.node.name,
      argv,
      env: layered.env,
      files,
      listens,
      ready,
      live: [{ kind: "alive" }],
      ...(gauges !== undefined && { gauges }),
      stop: { order: 3, graceMs: stopMs },
    }),
  };
}

/** `8080/health`, `:8080/health` or a whole URL. */
function httpProbe(text: string, ip: string): Service["ready"][number] {
  const [, host, port, path] = /^(?:http:\/\/([^:/]+))?:?(\d+)?(\/.*)?$/.exec(text) ?? [];
  return { kind: "http", host: host ?? ip, port: Number(port ?? 80), path: path ?? "/" };
}

/** Where the connector's side services are, for the engines that must find them. */
export const addresses = (shared: readonly Shared[], seats: ReadonlyMap<string, Seat>) =>
  Object.fromEntries(
    shared.flatMap(({ services }) =>
      services.map(({ name, node, listens }) => [
        name,
        { ip: seats.get(node)?.ip ?? node, port: listens[0]?.port ?? 0 },
      ]),
    ),
  );
