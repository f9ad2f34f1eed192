import { era } from "../../../era.ts";
import type { Plan, PlanNode, Service } from "../../../plan/plan.ts";
import type { Rule } from "../../../topology/rule.ts";
import type { Topology } from "../../../topology/topology.ts";
import { familyOf } from "../../pairs.ts";
import { adxlRange, portsPerDevice } from "../drift.ts";

type Planned = { topology: Topology; plan: Plan };

const BASE = 20_000; // Source: launch.md §2.1, ADXL

/** N03: the transfer engine draws ports at random, and takes what nobody has bound yet. Source: launch.md §2.1, §2.2. */
export const n03: Rule<Planned, Drawn & { key: string; owner: string; port: number }> = {
  id: "N03",
  level: "warning",
  *check({ topology, plan }) {
    for (const node of plan.nodes.filter(({ name }) => familyOf(topology, name) === "ascend")) {
      const mooncake = declared(topology, node);
      const range = drawn(plan, node, mooncake);
      for (const service of plan.services.filter((each) => each.node === node.name)) {
        const hit = service.listens.find(({ port }) => port >= range.first && port <= range.last);
        if (hit === undefined) continue;
        const data = { ...range, key: keys[hit.purpose] ?? hit.purpose, owner: service.id, port: hit.port };
        const level = era(mooncake, adxlRange) === "old" ? ("error" as const) : ("warning" as const);
        yield { at: place(topology, service, hit.purpose), subject: `${service.id} on ${node.name}`, level, data };
      }
    }
  },
  message: ({ node, owner, port, first, last }) =>
    `port ${port} of ${owner} is inside ${first}-${last} on ${node}, which the transfer engine draws from at random`,
  caret: ({ port }) => `${port} may be taken when its turn comes`,
  remedy: ({ key, last }) => [`${key}: ${last + 1} or more`, "or env ASCEND_BASE_PORT: the start of another range"],
};

interface Drawn {
  readonly node: string;
  readonly first: number;
  readonly last: number;
}

/** The release of Mooncake that the engines of a node declare; undefined where they do not, or not the same. */
function declared({ instances }: Topology, { name }: PlanNode): string | undefined {
  const said = new Set(
    instances.filter(({ nodes }) => nodes.includes(name)).map(({ engine }) => engine.versions?.["mooncake"]),
  );
  return said.size === 1 ? [...said][0] : undefined;
}

function drawn(plan: Plan, { name, devices }: PlanNode, mooncake: string | undefined): Drawn {
  const set = plan.services.find((each) => each.node === name && textOf(each, "ASCEND_BASE_PORT") !== undefined);
  const first = Number((set && textOf(set, "ASCEND_BASE_PORT")) ?? BASE);
  return { node: name, first, last: first + portsPerDevice(mooncake) * (Math.max(-1, ...devices.map(Number)) + 1) };
}

const textOf = ({ env }: Service, name: string) => (typeof env[name] === "string" ? env[name] : undefined);

const keys: Readonly<Record<string, string>> = { http: "port", kv: "kv_port", rpc: "port", metrics: "metrics_port" };

/** The key that decides a listener's port. */
function place(topology: Topology, { kind, group, id }: Service, purpose: string) {
  const key = keys[purpose] ?? purpose;
  if (kind === "proxy") return [...topology.proxy.path, key];
  const own = topology.instances.find((each) => each.id === group) ?? topology.services.find(({ name }) => name === id);
  return own === undefined ? [...topology.kv.transfer.path, "master", key] : [...own.path, key];
}

/** A09: a transfer engine finds its peer by engine_id. Source: launch.md §2.3. */
export const a09: Rule<Planned, { id: string; first: string; second: string }> = {
  id: "A09",
  level: "error",
  *check({ topology, plan }) {
    const holders = new Map<string, Service>();
    for (const service of plan.services.filter(({ kind }) => kind === "engine")) {
      for (const id of engineIds(service)) {
        const first = holders.get(id);
        if (first === undefined) holders.set(id, service);
        else if (first.group !== service.group)
          yield {
            at: [...topology.kv.transfer.path, "extra"],
            subject: service.group,
            data: { id, first: first.group, second: service.group },
          };
      }
    }
  },
  message: ({ id, first, second }) => `engine_id ${id} is in ${first} and in ${second}`,
  remedy: () => "leave engine_id out: vLLM makes one for each engine",
};

/** Every engine_id in the kv-transfer-config, also inside a MultiConnector. */
function engineIds({ argv }: Service): readonly string[] {
  const config = argv[argv.indexOf("--kv-transfer-config") + 1] ?? "";
  return [...new Set([...config.matchAll(/"engine_id"\s*:\s*"([^"]*)"/g)].map(([, id = ""]) => id))];
}
