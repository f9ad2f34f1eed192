import { argv } from "../engines/argv.ts";
import { scratch } from "../engines/env.ts";
import type { Process } from "../engines/layout.ts";
import { dropped } from "../engines/versions.ts";
import type { Role, Topology } from "../topology/topology.ts";
import type { Granted } from "./claims.ts";
import { runtime } from "./container.ts";
import { engineEnv } from "./engine-env.ts";
import { engineListens, engineReserves } from "./engine-ports.ts";
import { contentFile } from "./files.ts";
import type { Explained, Origin, PlanFile, Service } from "./plan.ts";
import { program, type Seat } from "./seats.ts";
import { transfer } from "./transfer.ts";

/** A service before its hash, and where its values come from. */
export interface Draft {
  readonly service: Omit<Service, "hash" | "peers">;
  readonly wave: number;
  readonly origins: { readonly argv: readonly Explained[]; readonly env: Readonly<Record<string, Origin>> };
}

export interface Scene {
  readonly topology: Topology;
  readonly seats: ReadonlyMap<string, Seat>;
  readonly granted: readonly Granted[];
  /** Address that listeners for clients bind when nothing else is said. */
  readonly bind: string;
  readonly sideAddresses: Readonly<Record<string, { readonly ip: string; readonly port: number }>>;
  readonly rehearsal: boolean;
  /** Directories that a rehearsal of the connectors makes, per role. */
  readonly scratch: Readonly<Record<Role, readonly string[]>>;
}

/** One engine process as a service. */
export function engineService(scene: Scene, grants: Granted, process: Process, seat: Seat): Draft {
  const { topology, bind } = scene;
  const { instance, layout } = grants;
  const { engine, role } = instance;
  const id = `${instance.id}-${process.index}`;
  const devices = grants.devices[process.index] ?? [];
  const head = scene.seats.get(instance.nodes[0] ?? "") ?? seat;
  const kv = transfer(
    grants.uses,
    {
      engine: {
        id,
        role,
        kvLayout: engine.kvLayout,
        hardware: seat.hardware,
        ranks: process.ranks,
        parallel: engine.parallel,
        node: { name: process.node, ip: seat.ip, nic: seat.nic },
      },
      peers: peersOf(scene, role),
      sizes: { prefill: sizeOf(scene, "prefill"), decode: sizeOf(scene, "decode") },
      services: scene.sideAddresses,
      versions: seat.versions,
    },
    (use) => Object.fromEntries(grants.spans.flatMap((span) => (span.use === use ? [[span.span.name, span]] : []))),
    seat.stateDir,
  );
  const http = grants.http.get(process.node);
  const listenOn = engine.bind ?? bind;
  const port = http === undefined || process.headless ? undefined : http.first + process.localIndex;
  const sim = engine.kind === "sim";
  const command = sim ? [seat.runner.path, program(seat, "sim").path] : commandOf(engine.command, engine.venv);
  const taken = new Set(engine.without?.args);
  const args = argv({
    command,
    model: topology.model,
    instance,
    layout,
    process,
    bind: listenOn,
    ...(port !== undefined && { http: port }),
    head: { ip: head.ip, node: instance.nodes[0] ?? process.node },
    ...(grants.rpc && { rpc: grants.rpc.first }),
    ...(grants.master && { master: grants.master.first }),
    ...(kv.kv && { kv: kv.kv }),
  }).filter(({ words: [flag = ""] }) => !taken.has(flagOf(flag)) && !dropped("flag", flagOf(flag), seat.versions.vllm));
  const own = scratch(topology.name, id);
  const env = engineEnv({ topology, instance, process, seat, devices, kv, sim, scratch: own });
  const prelude = engine.prelude === undefined ? [] : [contentFile(seat.stateDir, "prelude", engine.prelude)];
  const listens = engineListens(grants, process, seat, { port, bind: listenOn, head });
  const probe = port === undefined ? [] : [{ kind: "http" as const, host: seat.ip, port, path: "/health" }];
  return {
    wave: 1,
    origins: { argv: args, env: env.origins },
    service: {
      id,
      kind: "engine",
      role,
      instance: instance.name,
      process: process.index,
      group: instance.id,
      ranks: process.ranks,
      node: process.node,
      devices,
      runtime: runtime(instance, seat, topology.name, id),
      vendor: sim ? [] : seat.hardware.vendorScripts,
      prelude: engine.prelude ?? null,
      argv: args.flatMap(({ words }) => words),
      env: env.env,
      secrets: topology.secrets,
      files: [...kv.files, ...prelude, ...(sim ? programs(seat) : [])],
      scratch: [own, ...scene.scratch[role]],
      listens,
      reserves: engineReserves(grants, process, listens),
      ready: probe.length > 0 ? probe : [{ kind: "alive" }],
      live: [{ kind: "alive" }, ...probe],
      stop: { order: role === "decode" ? 1 : 2, graceMs: topology.timeouts.stopMs },
    },
  };
}

/** A flag's name without dashes and negation. */
const flagOf = (word: string) => word.replace(/^--(no-)?/, "");

/** The files that make pdctl's stand-in run on a node. */
const programs = (seat: Seat): readonly PlanFile[] => [program(seat, "sim"), ...seat.runner.files];

/** `vllm serve`, that of a virtual environment, or what the user put in its place. */
function commandOf(command: readonly string[] | undefined, venv: string | undefined): readonly string[] {
  if (command !== undefined) return command;
  return [venv === undefined ? "vllm" : `${venv}/bin/vllm`, "serve"];
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
