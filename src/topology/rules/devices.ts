import { firsts } from "../../once.ts";
import type { Rule } from "../rule.ts";
import type { Instance, Node, Topology } from "../topology.ts";
import { ranksOn, spans, width } from "./parallel.ts";

/** Devices an instance needs on one of its nodes, by position. */
function need(instance: Instance, node = 0): number {
  const { parallel } = instance.engine;
  return spans(instance) ? width(parallel) / instance.nodes.length : width(parallel) * ranksOn(instance, node);
}

/** Devices of one engine process on a node. */
const share = (instance: Instance): number =>
  width(instance.engine.parallel) / (spans(instance) ? instance.nodes.length : 1);

function* places({ instances, nodes }: Topology): Iterable<{ instance: Instance; node: Node; position: number }> {
  const named = firsts(nodes, ({ name }) => name);
  for (const instance of instances) {
    for (const [position, name] of instance.nodes.entries()) {
      const node = named.get(name);
      if (node !== undefined) yield { instance, node, position };
    }
  }
}

interface Short {
  readonly instance: Instance;
  readonly node: Node;
  /** Of the node among those of the instance. */
  readonly position: number;
  /** Devices it needs on the node, and those that earlier instances have left there. */
  readonly needs: number;
  readonly left: number;
}

/** Instances that find too few devices on a node. Pinned ones are judged by P04 and P05, engines wider than a node by P17. */
function* shortages(topology: Topology): Iterable<Short> {
  const taken = new Map<string, number>();
  for (const { instance, node, position } of places(topology)) {
    const [needs, before] = [need(instance, position), taken.get(node.name) ?? 0];
    if (!Number.isInteger(needs) || share(instance) > node.devices.length) continue;
    taken.set(node.name, before + needs);
    if (instance.devices === undefined && before + needs > node.devices.length)
      yield { instance, node, position, needs, left: Math.max(node.devices.length - before, 0) };
  }
}

/** P03: devices are taken prefill before decode, in file order, and a node has only so many. Source: launch.md §1.6. */
export const p03: Rule<
  Topology,
  { id: string; node: string; needs: number; has: number; left: number; sum: string; ways: string }
> = {
  id: "P03",
  level: "error",
  *check(topology) {
    const all = [...shortages(topology)];
    const roles = new Set(all.map(({ instance }) => instance.role));
    for (const { instance, node, position, needs, left } of all) {
      const { id, path, role } = instance;
      const has = node.devices.length;
      const data = {
        id,
        node: node.name,
        needs,
        has,
        left,
        sum: sum(instance, position),
        ways: ways(instance, position, has, roles.size > 1 ? "each role" : role),
      };
      const at = needs > has ? [...path, "parallel", "tp"] : [role, "instances"];
      yield { at, subject: `${id} on ${node.name}`, data };
    }
  },
  message: ({ id, node, needs, has, left }) =>
    `${id} needs ${count(needs)} on ${node}, which has ${left === has ? has : `${left} of ${has} left`}`,
  caret: ({ sum }) => sum,
  remedy: ({ ways }) => ways,
};

const count = (devices: number) => (devices === 1 ? "1 device" : `${devices} devices`);

function sum(instance: Instance, node: number): string {
  const { tp, pp, pcp, dp } = instance.engine.parallel;
  const sizes: readonly (readonly [string, number])[] = [
    ["tp", tp],
    ["pp", pp],
    ["pcp", pcp],
    ["dp_local", dp > 1 ? ranksOn(instance, node) : 1],
  ];
  const factors = sizes.filter(([, size]) => size !== 1).map(([name, size]) => `${name} ${size}`);
  if (spans(instance)) return `${width(instance.engine.parallel)} over ${instance.nodes.length} nodes`;
  return factors.length > 1
    ? `${factors.join(" × ")} = ${need(instance, node)}`
    : (factors[0] ?? "1 for each instance");
}

/** What would make it fit, shortest change first. */
function ways(instance: Instance, node: number, has: number, who: string): string {
  const { tp, dp } = instance.engine.parallel;
  const needs = need(instance, node);
  const more = Math.ceil((needs * instance.nodes.length) / Math.max(has, 1)) - instance.nodes.length;
  return [
    ...(tp % 2 === 0 ? [`tp: ${tp / 2}`] : []),
    ...(ranksOn(instance, node) % 2 === 0 ? [`dp: ${dp / 2}`] : []),
    needs > has
      ? `${more} more ${more === 1 ? "node" : "nodes"} for ${who}`
      : `fewer instances, or more nodes for ${who}`,
  ].join(", or ");
}

/** P05: only devices that the node lists can be given to an instance, and each once. Source: launch.md §10.2. */
export const p05: Rule<Topology, { what: string; has: string }> = {
  id: "P05",
  level: "error",
  *check(topology) {
    for (const { name, devices, path } of topology.nodes) {
      const twice = repeated(devices);
      if (twice !== undefined)
        yield {
          at: [...path, "devices"],
          data: { what: `${name} lists device ${twice} twice`, has: devices.join(", ") },
        };
    }
    for (const { instance, node } of places(topology)) {
      const { id, devices = [], path } = instance;
      const [twice, missing] = [repeated(devices), devices.find((device) => !node.devices.includes(device))];
      const what =
        missing === undefined
          ? `pins device ${twice} twice`
          : `pins device ${missing}, which ${node.name} does not have`;
      if (twice === undefined && missing === undefined) continue;
      const has = node.devices.join(", ") || "none";
      yield { at: [...path, "devices"], subject: `${id} on ${node.name}`, data: { what: `${id} ${what}`, has } };
    }
  },
  message: ({ what }) => what,
  caret: ({ has }) => `the node has ${has}`,
  remedy: () => "devices: ids of the node, each once; or leave it out for the next free ones",
};

const repeated = (ids: readonly string[]) => ids.find((id, index) => ids.indexOf(id) !== index);

/** P17: an engine is as wide as the nodes it spans, and the nodes share it equally. Source: launch.md §1.7. */
export const p17: Rule<
  Topology,
  { instance: string; node: string; wide: number; has: number; over: number; uneven: boolean; legal: number }
> = {
  id: "P17",
  level: "error",
  *check(topology) {
    for (const { instance, node } of places(topology)) {
      const wide = width(instance.engine.parallel);
      const over = spans(instance) ? instance.nodes.length : 1;
      const has = node.devices.length;
      const uneven = wide % over !== 0;
      if (!uneven && wide / over <= has) continue;
      yield {
        at: [...instance.path, "parallel", "tp"],
        subject: `${instance.id} on ${node.name}`,
        data: {
          instance: instance.id,
          node: node.name,
          wide,
          has,
          over,
          uneven,
          legal: has === 0 ? 0 : Math.ceil(wide / has),
        },
      };
    }
  },
  message: ({ instance, node, wide, has, over, uneven }) =>
    uneven
      ? `${instance} has engines of ${wide} devices, which ${over} nodes cannot share equally`
      : `${instance} has engines of ${count(wide)}${over > 1 ? ` over ${over} nodes` : ""}, wider than ${node} with ${has}`,
  remedy: ({ has, legal, wide, uneven }) => {
    if (uneven) return `nodes: a number of them that divides ${wide}`;
    if (has === 0) return "nodes: some that have devices";
    return [
      `tp: at most ${has}`,
      ...(legal > 1 && wide % legal === 0 ? [`or ${legal} nodes for each instance, without dp`] : []),
    ];
  },
};
