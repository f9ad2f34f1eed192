import { common } from "../../engines/env.ts";
import { droppedVariable } from "../../engines/index.ts";
import type { Process } from "../../engines/layout.ts";
import type { Env, Instance, Topology } from "../../topology/topology.ts";
import { type EnvLayer, type Layered, overlay } from "../seats/layers.ts";
import type { Seat } from "../seats/seats.ts";
import { venvLayer } from "../seats/venv.ts";
import { versionsOf } from "../seats/versions.ts";
import type { Transfer } from "./transfer.ts";

export interface EnvAsk {
  readonly topology: Topology;
  readonly instance: Instance;
  readonly process: Process;
  readonly seat: Seat;
  readonly devices: readonly string[];
  readonly kv: Transfer;
  readonly sim: boolean;
  readonly scratch: string;
  /** First port of its private block. */
  readonly vllmPort?: number;
}

/** An engine's environment, lowest layer first: pdctl, hardware, connectors, the user's engine to instance, the node's own. */
export function engineEnv(ask: EnvAsk): Layered {
  return overlay([pdctl(ask), ...hardware(ask), ...ask.kv.layers, ...venv(ask), ...played(ask), user(ask), node(ask)]);
}

function pdctl({ topology, instance, seat, scratch, vllmPort }: EnvAsk): EnvLayer {
  const origins: Readonly<Record<string, string>> = {
    PYTHONHASHSEED: "kv.hash_seed",
    VLLM_HOST_IP: `ip of ${seat.node.name}`,
    VLLM_KV_CACHE_LAYOUT: "kv_layout",
    VLLM_PORT: "vllm_port",
  };
  return {
    env: {
      ...common({ hashSeed: topology.kv.hashSeed, ip: seat.ip, kvLayout: instance.engine.kvLayout, scratch }),
      ...(vllmPort !== undefined && { VLLM_PORT: String(vllmPort) }),
    },
    origin: (name) => ({ from: "pdctl", why: origins[name] ?? "every engine" }),
  };
}

/** What the accelerator wants for itself, then what the plan decided for it. */
function hardware({ instance, seat, devices, process }: EnvAsk): readonly EnvLayer[] {
  const { name, env, visibility, interfaces, addresses } = seat.hardware;
  const own = Object.fromEntries([
    ...interfaces.map((variable) => [variable, seat.nic]),
    ...addresses.map((variable) => [variable, seat.ip]),
  ]);
  const chosen: Env = visibility === undefined ? {} : { [visibility]: devices.join(",") };
  const { tp, pp, pcp } = instance.engine.parallel;
  const ranks = process.ranks.length > 1 ? `${process.ranks.length} ranks × ` : "";
  const size = `${ranks}tp ${tp}${pp > 1 ? ` × pp ${pp}` : ""}${pcp > 1 ? ` × pcp ${pcp}` : ""}`;
  const place = process.localIndex === 0 ? "first" : `number ${process.localIndex + 1}`;
  return [
    { env, origin: () => ({ from: name, why: "default" }) },
    {
      env: own,
      origin: (variable) => ({
        from: name,
        why: `${interfaces.includes(variable) ? "nic" : "ip"} of ${seat.node.name}`,
      }),
    },
    {
      env: chosen,
      origin: () => ({ from: "plan", why: `${size}, ${place} on ${seat.node.name}` }),
    },
  ];
}

/** The stand-in plays the release that the engine would be. */
const played = ({ instance, seat, sim }: EnvAsk): readonly EnvLayer[] => {
  const { vllm } = versionsOf(instance, seat);
  if (!sim || vllm === undefined) return [];
  return [
    { env: { PDCTL_SIM_VERSION: vllm }, origin: () => ({ from: "pdctl", why: "vllm of the engine it stands for" }) },
  ];
};

const venv = ({ instance: { engine }, seat, sim }: EnvAsk): readonly EnvLayer[] =>
  sim ? [] : venvLayer(engine.venv, seat, "engine.venv");

/** What this version dropped is left out; it would only be warned about. */
const user = ({ instance, seat }: EnvAsk): EnvLayer => ({
  env: current(instance.engine.env, versionsOf(instance, seat).vllm),
  without: instance.engine.without?.env ?? [],
  origin: (name) => ({
    from: "topology",
    why: `${instance.role}.env`,
    paths: [
      [...instance.path, "env", name],
      [instance.role, "env", name],
      ["engine", "env", name],
    ],
  }),
});

const node = ({ instance, seat }: EnvAsk): EnvLayer => ({
  env: current(seat.node.env, versionsOf(instance, seat).vllm),
  without: seat.node.without ?? [],
  origin: (name) => ({ from: "topology", why: `env of ${seat.node.name}`, paths: [[...seat.node.path, "env", name]] }),
});

const current = (env: Env, vllm: string | undefined): Env =>
  Object.fromEntries(Object.entries(env).filter(([name]) => droppedVariable(name, vllm) === undefined));
