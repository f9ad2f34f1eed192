import { grouped, once } from "../../once.ts";
import type { Rule } from "../../topology/rule.ts";
import type { Service } from "../plan.ts";
import { engines, instanceOf, nodesByName, number, type Planned, placeOf, words } from "./command-line.ts";

/** Engines by the instance they belong to. */
const groups = once((plan: Planned["plan"]) => [...grouped(engines(plan), ({ group }) => group).values()]);

/** Global ranks that vLLM would give to the engines of this process; none for the followers of an engine that spans nodes. */
function ranks(service: Service): readonly number[] {
  if ((number(service, "node-rank") ?? 0) > 0) return [];
  const own = number(service, "data-parallel-rank");
  if (own !== undefined) return [own];
  const size = number(service, "data-parallel-size-local") ?? number(service, "data-parallel-size") ?? 1;
  return Array.from({ length: size }, (_, index) => (number(service, "data-parallel-start-rank") ?? 0) + index);
}

/** The topology itself does not add up, which P01 says already. */
function unevenly(topology: Planned["topology"], id: string): boolean {
  const instance = instanceOf(topology, id);
  const { dp = 1, dpLocal, dpShares } = instance?.engine.parallel ?? {};
  const nodes = instance?.nodes.length ?? 1;
  if (dpShares !== undefined) return dpShares.length !== nodes || dpShares.reduce((sum, one) => sum + one, 0) !== dp;
  return dpLocal === undefined ? dp > 1 && dp % nodes !== 0 : dpLocal * nodes !== dp;
}

/** P02: the ranks of an instance are 0 to dp−1, each once. Source: launch.md §1.3. */
export const p02: Rule<Planned, { instance: string; rank: number; holders: string[]; starts: string }> = {
  id: "P02",
  level: "error",
  *check({ topology, plan }) {
    for (const group of groups(plan)) {
      const [head] = group;
      if (head === undefined || unevenly(topology, head.group)) continue;
      const dp = Math.max(...group.map((each) => number(each, "data-parallel-size") ?? 1));
      const held = group.flatMap((each) => ranks(each).map((rank) => ({ rank, id: each.id })));
      const byRank = grouped(held, ({ rank }) => rank);
      for (const rank of new Set([...Array(dp).keys(), ...byRank.keys()])) {
        const holders = (byRank.get(rank) ?? []).map(({ id }) => id);
        if (holders.length === 1 && rank < dp) continue;
        const starts = group.map(({ id, ranks: [first] }) => `${id} ${first}`).join(", ");
        yield {
          at: [...placeOf(topology, head), "parallel", "dp"],
          subject: head.group,
          data: { instance: head.group, rank, holders, starts },
        };
        break; // the first one says it; the others follow from it
      }
    }
  },
  message: ({ instance, rank, holders }) =>
    holders.length === 0
      ? `${instance} has no engine with rank ${rank}`
      : holders.length === 1
        ? `${instance} has rank ${rank} in ${holders[0]}, beyond its dp`
        : `${instance} has rank ${rank} twice: in ${holders.join(" and ")}`,
  remedy: ({ starts }) => `first ranks: ${starts}; leave rank flags out of argv`,
};

/** P12: the ranks meet at the node of rank 0. Source: launch.md §1.1. */
export const p12: Rule<Planned, { engine: string; address: string; node: string; ip: string }> = {
  id: "P12",
  level: "error",
  *check({ topology, plan }) {
    for (const group of groups(plan)) {
      const head = group.find((each) => ranks(each).includes(0));
      const ip = nodesByName(plan).get(head?.node ?? "")?.ip;
      if (head === undefined || ip === undefined) continue;
      for (const engine of group) {
        const [address] = words(engine, "data-parallel-address") ?? [];
        if (address === undefined || address === ip) continue;
        yield {
          at: [...placeOf(topology, engine), "parallel", "dp"],
          subject: engine.id,
          data: { engine: engine.id, address, node: head.node, ip },
        };
      }
    }
  },
  message: ({ engine, address, node }) => `${engine} looks for rank 0 at ${address}, and rank 0 is on ${node}`,
  remedy: ({ ip }) => `data-parallel-address ${ip}; leave it out of argv`,
};

/** P07: an engine has one way to balance its ranks. Source: launch.md §1.2, rules of detection. */
export const p07: Rule<Planned, { engine: string; a: string; b: string }> = {
  id: "P07",
  level: "error",
  *check({ topology, plan }) {
    for (const engine of engines(plan)) {
      const conflict = conflicts(engine);
      if (conflict === undefined) continue;
      const [a, b] = conflict;
      yield { at: [...placeOf(topology, engine), "argv"], subject: engine.id, data: { engine: engine.id, a, b } };
    }
  },
  message: ({ engine, a, b }) => `${engine} has ${a} with ${b}, which vLLM refuses`,
  remedy: () => "parallel.dp_lb: internal, hybrid or external; none of its flags in argv",
};

function conflicts(engine: Service): readonly [string, string] | undefined {
  const has = (flag: string) => words(engine, flag) !== undefined;
  const modes = ["data-parallel-hybrid-lb", "data-parallel-external-lb", "data-parallel-multi-port-external-lb"].filter(
    has,
  );
  const external = has("data-parallel-rank") || has("data-parallel-external-lb");
  if (has("data-parallel-rank") && !modes.includes("data-parallel-external-lb")) modes.push("data-parallel-rank");
  const [first, second] = modes;
  if (first !== undefined && second !== undefined) return [`--${first}`, `--${second}`];
  const hybrid = has("data-parallel-hybrid-lb");
  if (hybrid && has("headless")) return ["--data-parallel-hybrid-lb", "--headless"];
  if (hybrid && !has("data-parallel-size-local")) return ["--data-parallel-hybrid-lb", "no --data-parallel-size-local"];
  const local = number(engine, "data-parallel-size-local");
  return external && local !== undefined && local !== 1
    ? ["external balancing", `--data-parallel-size-local ${local}`]
    : undefined;
}

/** P18: a process without HTTP has no HTTP workers; several ports in one process have rules of their own. Source: launch.md §1.2. */
export const p18: Rule<Planned, { engine: string; detail: string; remedy: string }> = {
  id: "P18",
  level: "error",
  *check({ topology, plan }) {
    for (const engine of engines(plan)) {
      const wrong = headless(engine) ?? multiPort(engine);
      if (wrong !== undefined)
        yield { at: [...placeOf(topology, engine), "argv"], subject: engine.id, data: { engine: engine.id, ...wrong } };
    }
  },
  message: ({ engine, detail }) => `${engine} ${detail}, which vLLM refuses`,
  remedy: ({ remedy }) => remedy,
};

function headless(engine: Service): { detail: string; remedy: string } | undefined {
  const count = number(engine, "api-server-count") ?? 0;
  if (words(engine, "headless") === undefined || count === 0) return undefined;
  return { detail: `has no HTTP and --api-server-count ${count}`, remedy: "leave api-server-count out" };
}

function multiPort(engine: Service): { detail: string; remedy: string } | undefined {
  if (words(engine, "data-parallel-multi-port-external-lb") === undefined) return undefined;
  const dp = number(engine, "data-parallel-size") ?? 1;
  const local = number(engine, "data-parallel-size-local") ?? dp;
  const [port, supervisor] = [number(engine, "port") ?? 8000, number(engine, "data-parallel-supervisor-port")];
  if (local < 2 || dp % local !== 0)
    return {
      detail: `serves ${local} of ${dp} ranks on ports of their own`,
      remedy: "parallel.dp_lb: external, with one process per rank",
    };
  if (supervisor === undefined || supervisor < port || supervisor >= port + local) return undefined;
  return {
    detail: `has its supervisor on ${supervisor}, inside ${port}-${port + local - 1}`,
    remedy: `data-parallel-supervisor-port ${port + local}`,
  };
}
