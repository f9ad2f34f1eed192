import { connectors } from "../connectors/index.ts";
import type { Finding } from "../topology/rule.ts";
import type { ConnectorUse, EngineChoice, Role, Topology } from "../topology/topology.ts";

export interface Rehearsal {
  readonly topology: Topology;
  /** Directories that the connectors' stand-ins make, per role. */
  readonly scratch: Readonly<Record<Role, readonly string[]>>;
  readonly notes: readonly Finding[];
}

/**
 * The same cluster with stand-ins: nodes, ports, devices and environment stay; vendor software, preludes, containers and the user's
 * own services go, and so do keys.
 */
export function rehearsal(topology: Topology): Rehearsal {
  const uses = [topology.kv.transfer, ...(topology.kv.cache ? [topology.kv.cache] : [])];
  const { setup = [], ...rest } = topology;
  return {
    topology: {
      ...rest,
      kv: {
        ...topology.kv,
        transfer: harmless(topology.kv.transfer, topology.name),
        ...(topology.kv.cache && { cache: { ...topology.kv.cache, ...harmless(topology.kv.cache, topology.name) } }),
      },
      instances: topology.instances.map((instance) => ({ ...instance, engine: standIn(instance.engine) })),
      services: [],
      proxy: withoutKeys(topology.proxy),
    },
    scratch: {
      prefill: uses.flatMap((use) => made(use, topology, "prefill")),
      decode: uses.flatMap((use) => made(use, topology, "decode")),
    },
    notes: [...setup, ...topology.services].map(({ name, path }) => ({
      code: "rehearsal",
      level: "note",
      title: `${name} is left out of the rehearsal`,
      at: path,
      also: [],
      remedy: ["setup and services of your own run only in a real up"],
    })),
  };
}

function standIn({ command: _command, venv: _venv, prelude: _prelude, ...engine }: EngineChoice): EngineChoice {
  return { ...engine, kind: "sim", runtime: { kind: "process" } };
}

/** Nobody but pdctl asks, and stand-ins ask for no key. */
function withoutKeys({ serving, ...proxy }: Topology["proxy"]): Topology["proxy"] {
  const { api_key_env: _, admin_api_key_env: __, upstream_api_key_env: ___, ...others } = serving;
  return { ...proxy, serving: others, secrets: [] };
}

function harmless(use: ConnectorUse, cluster: string): ConnectorUse {
  return {
    ...use,
    fields: { prefill: rehearsed(use, cluster, "prefill").fields, decode: rehearsed(use, cluster, "decode").fields },
  };
}

function made(use: ConnectorUse, { name, kv }: Topology, role: Role): readonly string[] {
  const has = use === kv.transfer || (kv.cache?.roles.includes(role) ?? false);
  return has ? rehearsed(use, name, role).scratch : [];
}

function rehearsed({ connector, fields }: ConnectorUse, cluster: string, role: Role) {
  const known = connectors.get(connector);
  const parsed = known?.fields.safeParse(fields[role]);
  if (known?.rehearse === undefined || !parsed?.success) return { fields: fields[role], scratch: [] };
  return known.rehearse(parsed.data, cluster);
}
