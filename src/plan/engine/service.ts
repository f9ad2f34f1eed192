import { scratch } from "../../engines/env.ts";
import type { Process } from "../../engines/layout.ts";
import type { Role, Topology } from "../../topology/topology.ts";
import type { Granted } from "../claims/claims.ts";
import { contentFile } from "../files.ts";
import type { Explained, Origin, PlanFile, Service } from "../plan.ts";
import { runtime } from "../seats/container.ts";
import { program, type Seat } from "../seats/seats.ts";
import { engineCommand } from "./command.ts";
import { engineTransfer } from "./engine-transfer.ts";
import { engineEnv } from "./env.ts";
import { engineListens, engineProbes, engineReserves, ownBlock } from "./ports.ts";

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

/** One engine process and what the scene knows about it. */
export interface EngineAsk {
  readonly scene: Scene;
  readonly grants: Granted;
  readonly process: Process;
  readonly seat: Seat;
  readonly id: string;
}

export const engineId = ({ instance }: Granted, { index }: Process): string => `${instance.id}-${index}`;

/** One engine process as a service. */
export function engineService(scene: Scene, grants: Granted, process: Process, seat: Seat): Draft {
  const { topology } = scene;
  const { instance } = grants;
  const { engine, role } = instance;
  const id = engineId(grants, process);
  const ask: EngineAsk = { scene, grants, process, seat, id };
  const devices = grants.devices[process.index] ?? [];
  const sim = engine.kind === "sim";
  const kv = engineTransfer(ask);
  const argv = engineCommand(ask, kv);
  const own = scratch(topology.name, id);
  const block = ownBlock(grants, process);
  const env = engineEnv({
    ...{ topology, instance, process, seat, devices, kv, sim, scratch: own },
    ...(block && { vllmPort: block.first }),
  });
  const listens = engineListens(ask);
  const ready = engineProbes(ask);
  return {
    wave: 1,
    origins: { argv, env: env.origins },
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
      argv: argv.flatMap(({ words }) => words),
      env: env.env,
      secrets: topology.secrets,
      files: [...kv.files, ...prelude(engine.prelude, seat), ...(sim ? programs(seat) : [])],
      scratch: [own, ...scene.scratch[role]],
      listens,
      reserves: engineReserves(grants, process, listens),
      ready: ready.length > 0 ? ready : [{ kind: "alive" }],
      live: [{ kind: "alive" }, ...ready],
      stop: { order: role === "decode" ? 1 : 2, graceMs: topology.timeouts.stopMs },
    },
  };
}

/** The user's shell text is a file that the launch script sources. */
const prelude = (text: string | undefined, { stateDir }: Seat): readonly PlanFile[] =>
  text === undefined ? [] : [contentFile(stateDir, "prelude", text)];

/** The files that make pdctl's stand-in run on a node. */
const programs = (seat: Seat): readonly PlanFile[] => [program(seat, "sim"), ...seat.runner.files];
