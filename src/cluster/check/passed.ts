import type { Facts } from "../../facts/index.ts";
import { crossings } from "../../plan/facts/crossings.ts";
import { realEngines } from "../../plan/facts/real-engines.ts";
import type { Plan } from "../../plan/plan.ts";
import { folded } from "../../words/names.ts";
import { latency } from "../../words/numbers.ts";

/** What a check found where nothing speaks against it: the nodes that were asked, and what they said. */
export interface Passed {
  readonly nodes: readonly string[];
  readonly text: string;
}

/** By the check's name; one that is not named has nothing to show but that nothing speaks against it. */
export function passed(name: string, plan: Plan, facts: readonly Facts[]): Passed {
  const all = plan.nodes.map((one) => one.name);
  const makers: Readonly<Record<string, () => Passed>> = {
    clock: () => ({
      nodes: all,
      text: `within ${latency(Math.max(0, ...facts.map(({ clockOffsetMs }) => Math.abs(clockOffsetMs))))}`,
    }),
    interface: () => ({
      nodes: all,
      text: same(
        plan.nodes.flatMap(({ nic }) => (nic === null ? [] : [nic])),
        "owns the ip",
      ),
    }),
    devices: () => listed(plan, facts),
    ports: () => ({ nodes: all, text: `${plan.services.flatMap(({ listens }) => listens).length} free` }),
    paths: () => {
      const ways = new Set(crossings(plan).map(({ from, to }) => `${from} ${to}`)).size;
      return { nodes: all, text: ways === 0 ? "all on one node" : `${ways} of ${ways} between nodes` };
    },
    model: () => modelText(plan, facts),
    software: () => {
      const versions = facts.flatMap((one) =>
        Object.entries(one.versions).map(([what, version]) => `${what} ${version}`),
      );
      return { nodes: all, text: versions.length === 0 ? NOTHING : [...new Set(versions)].join(", ") };
    },
    "other clusters": () => ({ nodes: all, text: "nothing of them is in the way" }),
  };
  return (makers[name] ?? (() => ({ nodes: all, text: NOTHING })))();
}

const NOTHING = "nothing speaks against it";

const same = (names: readonly string[], what: string) =>
  names.length === 0 ? NOTHING : `${folded([...new Set(names)])} ${what}`;

/** `8 × Ascend 910B3`, where a tool lists them. */
function listed(plan: Plan, facts: readonly Facts[]): Passed {
  const mine = facts.filter(({ devices = [] }) => devices.length > 0);
  const kinds = mine.map(({ devices = [] }) => `${devices.length} × ${devices[0]?.name}`);
  const nodes = mine.length === 0 ? plan.nodes.map(({ name }) => name) : mine.map(({ node }) => node);
  return { nodes, text: mine.length === 0 ? "no tool lists any" : [...new Set(kinds)].join(", ") };
}

function modelText(plan: Plan, facts: readonly Facts[]): Passed {
  const nodes = [...new Set(realEngines(plan).map(({ node }) => node))];
  const digests = new Set(facts.flatMap(({ model }) => (model === undefined ? [] : [model.digest])));
  if (nodes.length === 0) return { nodes: plan.nodes.map(({ name }) => name), text: "stand-ins load none" };
  return { nodes, text: digests.size === 0 ? "a hub name: the engines load it" : "the same on all" };
}
