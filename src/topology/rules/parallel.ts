import type { Rule } from "../rule.ts";
import type { Instance, Parallel, Topology } from "../topology.ts";

/** Devices of one engine: dcp shares those of tp and adds none. */
export const width = ({ tp, pp, pcp }: Parallel): number => tp * pp * pcp;

/** Ranks on one of its nodes, by position; a fraction where the nodes cannot share them equally. */
export const ranksOn = ({ engine: { parallel }, nodes }: Instance, node: number): number =>
  parallel.dpShares?.[node] ?? parallel.dpLocal ?? parallel.dp / Math.max(nodes.length, 1);

/** Whether one engine spans all nodes of its instance. */
export const spans = ({ engine: { parallel }, nodes }: Instance): boolean => parallel.dp === 1 && nodes.length > 1;

/** P01: the nodes of an instance hold all its ranks between them. Source: launch.md §1.3, §10.2. */
export const p01: Rule<
  Topology,
  { instance: string; dp: number; nodes: number; local: number | undefined; shares: readonly number[] | undefined }
> = {
  id: "P01",
  level: "error",
  *check({ instances }) {
    for (const instance of instances) {
      const { dp, dpLocal, dpShares: shares } = instance.engine.parallel;
      const nodes = instance.nodes.length;
      if (nodes === 0 || (spans(instance) && dpLocal === undefined && shares === undefined)) continue;
      if (shares !== undefined && shares.length === nodes && sumOf(shares) === dp) continue;
      const even = dpLocal === undefined ? dp % nodes === 0 : dpLocal * nodes === dp;
      if (shares === undefined && even) continue;
      const key = dpLocal === undefined && shares === undefined ? "dp" : "dp_local";
      yield {
        at: [...instance.path, "parallel", key],
        subject: instance.id,
        data: { instance: instance.id, dp, nodes, local: dpLocal, shares },
      };
    }
  },
  message: ({ instance, dp, nodes, local, shares }) => {
    if (shares !== undefined && shares.length !== nodes)
      return `${instance} has ${nodes} ${nodes === 1 ? "node" : "nodes"}, but dp_local has ${shares.length} ${shares.length === 1 ? "entry" : "entries"}`;
    const sum = shares === undefined ? local && local * nodes : sumOf(shares);
    return sum === undefined
      ? `${instance} has ${dp} ranks, which ${nodes} nodes cannot share equally`
      : `${instance} has ${dp} ranks, but dp_local adds up to ${sum}`;
  },
  caret: ({ dp, nodes, local, shares }) => {
    if (shares !== undefined) return `${shares.join(" + ")} = ${sumOf(shares)}`;
    return local === undefined ? `dp ${dp} over ${nodes} nodes` : `${local} × ${nodes} = ${local * nodes}`;
  },
  remedy: ({ dp, nodes, local, shares }) => {
    if (shares !== undefined)
      return [`dp_local: one number for each of ${nodes} nodes, ${dp} in all`, `dp: ${sumOf(shares)}`];
    return local === undefined
      ? `dp: ${nodes * Math.max(1, Math.floor(dp / nodes))} or ${nodes * Math.ceil(dp / nodes)}, dp_local: [a number for each node], or another number of nodes`
      : [`dp: ${local * nodes}`, ...(dp % nodes === 0 ? [`dp_local: ${dp / nodes}, or leave it out`] : [])];
  },
};

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);

/** P08: vLLM refuses external data parallelism of a model without experts. Source: launch.md §1.2. */
export const p08: Rule<Topology, { instance: string; dp: number }> = {
  id: "P08",
  level: "error",
  *check({ instances, model }) {
    if (model.kind !== "dense") return; // unset: a fact, judged in that stage
    for (const { id, engine, path } of instances) {
      const { dp, dpLb } = engine.parallel;
      if (dp > 1 && dpLb === "external")
        yield { at: [...path, "parallel", "dp_lb"], subject: id, data: { instance: id, dp } };
    }
  },
  message: ({ instance, dp }) => `${instance} asks for ${dp} external ranks of a dense model, which vLLM refuses`,
  remedy: ({ dp }) => `instances: ${dp}, without dp and dp_lb`,
};

/** P09: one rank per node is what vLLM calls external. Source: launch.md §1.2. */
export const p09: Rule<Topology, { instance: string; nodes: number; dense: boolean; mixed: boolean }> = {
  id: "P09",
  level: "warning",
  *check({ instances, model }) {
    for (const instance of instances) {
      const nodes = instance.nodes.length;
      const ones = instance.nodes.filter((_, node) => ranksOn(instance, node) === 1).length;
      if (instance.engine.parallel.dpLb !== "hybrid" || nodes < 2 || ones === 0) continue;
      const mixed = ones < nodes;
      const dense = model.kind === "dense";
      yield {
        at: [...instance.path, "parallel", "dp_lb"],
        subject: instance.id,
        data: { instance: instance.id, nodes, dense, mixed },
        ...((dense || mixed) && { level: "error" as const }),
      };
    }
  },
  message: ({ instance, dense, mixed }) =>
    mixed
      ? `${instance} has one rank on some of its nodes: vLLM turns hybrid into external there, and the group does not meet`
      : dense
        ? `${instance} has one rank per node: vLLM turns hybrid into external, and refuses that for a dense model`
        : `${instance} has one rank per node, so vLLM turns its hybrid balancing into external`,
  caret: ({ mixed }) => (mixed ? "external on one node, hybrid on another" : "runs as external"),
  remedy: ({ nodes, dense }) => (dense ? `instances: ${nodes}, without dp and dp_lb` : "dp_lb: external"),
};

/** P10: hybrid balances between nodes. Source: launch.md §1.2. */
export const p10: Rule<Topology, { instance: string }> = {
  id: "P10",
  level: "warning",
  *check({ instances }) {
    for (const { id, engine, nodes, path } of instances) {
      if (engine.parallel.dpLb !== "hybrid" || nodes.length !== 1 || engine.parallel.dp === 1) continue;
      yield { at: [...path, "parallel", "dp_lb"], subject: id, data: { instance: id } };
    }
  },
  message: ({ instance }) => `${instance} is on one node, where hybrid balancing has no effect`,
  caret: () => "runs as internal",
  remedy: () => "dp_lb: internal",
};

/** P13: context parallel prefill does not go with data parallelism, whatever the connector. Source: launch.md §1.2. */
export const p13: Rule<Topology, { instance: string; pcp: number; dp: number }> = {
  id: "P13",
  level: "error",
  *check({ instances }) {
    for (const { id, engine, path } of instances) {
      const { pcp, dp } = engine.parallel;
      if (pcp > 1 && dp > 1) yield { at: [...path, "parallel", "pcp"], subject: id, data: { instance: id, pcp, dp } };
    }
  },
  message: ({ instance, pcp, dp }) => `${instance} has pcp ${pcp} with dp ${dp}, which vLLM refuses`,
  remedy: ({ dp }) => ["pcp: 1", `or instances: ${dp}, without dp`],
};

/** P16: experts are spread where there are some. Source: launch.md §10.2. */
export const p16: Rule<Topology, { instance: string; model: string }> = {
  id: "P16",
  level: "error",
  *check({ instances, model }) {
    if (model.kind !== "dense") return;
    for (const { id, engine, path } of instances) {
      if (engine.parallel.expertParallel !== true) continue;
      yield { at: [...path, "parallel", "expert_parallel"], subject: id, data: { instance: id, model: model.path } };
    }
  },
  message: ({ instance, model }) => `${instance} spreads experts, and ${model} is dense`,
  remedy: () => ["expert_parallel: false", "or model.kind: moe"],
};
