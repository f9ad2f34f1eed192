import type { Facts } from "../facts/facts.ts";
import type { AnyRule, Finding, Rule } from "../topology/rule.ts";
import { runRules } from "../topology/run-rules.ts";
import type { Plan, PlanNode, Service } from "./plan.ts";

/** What the rules of stage facts see: the plan, what the nodes said, and the listeners that are pdctl's own already. */
export interface Judged {
  readonly plan: Plan;
  readonly facts: readonly Facts[];
  /** `node port` of services of this cluster that run and stay or will be stopped first. */
  readonly ours: ReadonlySet<string>;
  /** Who holds a port that is not ours, as far as the node tells: `node port` → `python3 (pid 812, user li)`. */
  readonly holders: ReadonlyMap<string, string>;
}

/** Everything that speaks against starting this plan on these nodes. Pure; `skip` names codes that the user has taken on himself. */
export function judge(judged: Judged, skip: readonly string[] = []): readonly Finding[] {
  return runRules(
    factsRules.filter(({ id }) => !skip.includes(id)),
    judged,
  );
}

/** S06: the interface that a node's `nic` names owns its `ip`; without `nic`, some interface does. Source: launch.md §10.1. */
const s06: Rule<Judged, { node: string; ip: string; nic: string | null; owners: string }> = {
  id: "S06",
  level: "error",
  *check({ plan, facts }) {
    for (const [node, said] of both(plan, facts)) {
      if (node.host === "local" || Object.keys(said.interfaces).length === 0) continue; // nothing known is nothing wrong
      const owner = Object.entries(said.interfaces).find(([, addresses]) => addresses.includes(node.ip))?.[0];
      if (owner !== undefined && (node.nic === null || node.nic === owner)) continue;
      const owners = Object.entries(said.interfaces)
        .map(([name, addresses]) => `${name} ${addresses.join(" ")}`)
        .join(", ");
      yield { at: ["nodes"], subject: node.name, data: { node: node.name, ip: node.ip, nic: node.nic, owners } };
    }
  },
  message: ({ node, ip, nic, owners }) =>
    `${node} ${nic === null ? "has no interface with" : `${nic} does not own`} ${ip} (${owners})`,
  remedy: ({ node }) => `give ${node} the ip and nic of its data plane`,
};

/** N12: a port that the plan needs is taken by somebody else. Source: launch.md §10.3. */
const n12: Rule<Judged, { node: string; service: string; port: number; purpose: string; holder: string | undefined }> =
  {
    id: "N12",
    level: "error",
    *check({ plan, facts, ours, holders }) {
      for (const [node, said] of both(plan, facts)) {
        const taken = new Set(said.listening.map(({ port }) => port));
        for (const service of on(plan, node))
          for (const { port, purpose } of service.listens) {
            const key = `${node.name} ${port}`;
            if (!taken.has(port) || ours.has(key)) continue;
            yield {
              at: ["nodes"],
              subject: node.name,
              data: { node: node.name, service: service.id, port, purpose, holder: holders.get(key) },
            };
          }
      }
    },
    message: ({ node, service, port, purpose, holder }) =>
      `${node} port ${port} (${purpose} of ${service}) is held by ${holder ?? "a process that is not pdctl's"}`,
    remedy: ({ port, service }) => `end it, or give ${service} another port than ${port}`,
  };

/** N04: a listener in the range that the kernel gives to outgoing connections. Source: launch.md §10.3. */
const n04: Rule<Judged, { node: string; service: string; port: number; range: string }> = {
  id: "N04",
  level: "note",
  *check({ plan, facts }) {
    for (const [node, said] of both(plan, facts))
      for (const service of on(plan, node))
        for (const { port } of service.listens)
          if (said.ephemeral !== null && port >= said.ephemeral.first && port <= said.ephemeral.last)
            yield {
              at: ["nodes"],
              subject: node.name,
              data: {
                node: node.name,
                service: service.id,
                port,
                range: `${said.ephemeral.first}-${said.ephemeral.last}`,
              },
            };
  },
  message: ({ node, service, port, range }) => `${service}: ${port} on ${node} is in the ephemeral range ${range}`,
  remedy: ({ port }) => `sysctl net.ipv4.ip_local_reserved_ports=${port}`,
};

/** M02, its first half: a model given as a path is there on every node that runs an engine. Source: launch.md §10.4. */
const m02: Rule<Judged, { node: string; path: string }> = {
  id: "M02",
  level: "error",
  *check({ plan, facts }) {
    for (const [node, said] of both(plan, facts)) {
      const enters = on(plan, node).some(({ kind, runtime }) => kind === "engine" && runtime.kind === "process");
      if (enters && said.paths[plan.model.path] === false)
        yield { at: ["model"], subject: node.name, data: { node: node.name, path: plan.model.path } };
    }
  },
  message: ({ node, path }) => `${node} has no ${path}`,
  remedy: ({ path }) => `put the model at ${path} on every node that runs an engine, or change model.path`,
};

/** C12: clocks that differ make caches and logs lie. Source: launch.md §10.8. */
const c12: Rule<Judged, { node: string; seconds: number }> = {
  id: "C12",
  level: "warning",
  *check({ plan, facts }) {
    for (const [node, said] of both(plan, facts)) {
      const seconds = said.clockOffsetMs / 1000;
      if (Math.abs(seconds) > 1)
        yield {
          at: ["nodes"],
          subject: node.name,
          level: Math.abs(seconds) > 5 && plan.cache !== null ? "error" : "warning",
          data: { node: node.name, seconds },
        };
    }
  },
  message: ({ node, seconds }) =>
    `${node} clock is ${Math.abs(seconds).toFixed(1)}s ${seconds > 0 ? "ahead" : "behind"}`,
  remedy: ({ node }) => `check chronyc tracking on ${node}`,
};

/** The rules of stage facts that `up` asks before it starts anything. */
export const factsRules: readonly AnyRule<Judged>[] = [s06, n12, n04, m02, c12];

const both = (plan: Plan, facts: readonly Facts[]): readonly [PlanNode, Facts][] =>
  plan.nodes.flatMap((node) => {
    const said = facts.find((one) => one.node === node.name);
    return said === undefined ? [] : [[node, said]];
  });

const on = (plan: Plan, node: PlanNode): readonly Service[] =>
  plan.services.filter((service) => service.node === node.name);
