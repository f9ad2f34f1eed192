import type { Rule } from "../../../topology/rule.ts";
import type { Instance, Role, Topology } from "../../../topology/topology.ts";
import { pairs } from "../../pairs.ts";
import { speculative } from "../../speculative.ts";

/** A02: a decode rank gathers from whole prefill ranks. Source: launch.md §3.5. */
export const a02: Rule<Topology, { prefill: string; decode: string; p: number; d: number }> = {
  id: "A02",
  level: "error",
  *check(topology) {
    for (const [prefill, decode] of pairs(topology)) {
      const [p, d] = [prefill.engine.parallel.tp, decode.engine.parallel.tp];
      if (p % d === 0) continue;
      const data = { prefill: prefill.id, decode: decode.id, p, d };
      yield { at: [...decode.path, "parallel", "tp"], subject: `${prefill.id} and ${decode.id}`, data };
    }
  },
  message: ({ prefill, decode, p, d }) =>
    `${prefill} has tp ${p} and ${decode} tp ${d}: decode's must divide prefill's`,
  remedy: ({ p }) => `decode.parallel.tp: ${p}, or a divisor of it`,
};

/** P13: what the connector cannot take apart. Source: launch.md §3.5; vllm-ascend, mooncake_hybrid_connector.py. */
export const p13: Rule<Topology, { instance: string; what: string; key: string }> = {
  id: "P13",
  level: "error",
  *check({ instances, kv }) {
    for (const { id, role, engine, path } of instances) {
      const { pp, pcp, dcp } = engine.parallel;
      const { variant } = kv.transfer.fields[role];
      if (variant === "hybrid" && pcp * dcp > 1) {
        const [what, key] = pcp > 1 ? [`pcp ${pcp}`, "pcp"] : [`dcp ${dcp}`, "dcp"];
        yield {
          at: [...path, "parallel", key],
          subject: id,
          data: { instance: id, what: `${what} with variant hybrid`, key },
        };
        continue;
      }
      if (role === "decode" && pp > 1)
        yield { at: [...path, "parallel", "pp"], subject: id, data: { instance: id, what: `pp ${pp}`, key: "pp" } };
      else if (pp > 1 && pcp > 1)
        yield {
          at: [...path, "parallel", "pcp"],
          subject: id,
          data: { instance: id, what: `pp ${pp} and pcp ${pcp}`, key: "pcp" },
        };
      if (role === "decode" && variant === "layerwise" && pcp > 1)
        yield { at: [...path, "parallel", "pcp"], subject: id, data: { instance: id, what: `pcp ${pcp}`, key: "pcp" } };
    }
  },
  message: ({ instance, what }) => `${instance} has ${what}, which mooncake-ascend does not support`,
  remedy: ({ key }) => `${key}: 1`,
};

/** P19: dense engines of one instance do not know their rank, so all would bind the first kv_port. Source: launch.md §2.1. */
export const p19: Rule<Topology, { instance: string; dp: number }> = {
  id: "P19",
  level: "error",
  *check({ instances, model }) {
    if (model.kind !== "dense") return;
    for (const { id, engine, path } of instances) {
      const { dp, dpLb } = engine.parallel;
      if (dp > 1 && dpLb !== "external")
        yield { at: [...path, "parallel", "dp"], subject: id, data: { instance: id, dp } };
    }
  },
  message: ({ instance, dp }) => `${instance} has ${dp} ranks of a dense model, which would all bind the same kv_port`,
  remedy: ({ dp }) => `instances: ${dp}, without dp`,
};

/** M11: prefill drafts one token, or as many as decode. Source: launch.md §3.5, Speculative tokens. */
export const m11: Rule<Topology, { prefill: string; p: number; decode: string; d: number }> = {
  id: "M11",
  level: "error",
  *check(topology) {
    for (const [prefill, decode] of pairs(topology)) {
      const [p, d] = [speculative(prefill)?.tokens ?? 0, speculative(decode)?.tokens ?? 0];
      if (p <= 1 || p === d) continue;
      const data = { prefill: prefill.id, p, decode: decode.id, d };
      yield { at: [...prefill.path, "args", "speculative-config"], subject: `${prefill.id} and ${decode.id}`, data };
    }
  },
  message: ({ prefill, p, decode, d }) =>
    `${prefill} drafts ${p} tokens and ${decode} ${d}: prefill takes 1, or as many as decode`,
  remedy: ({ d }) => `num_speculative_tokens: 1 on prefill${d > 1 ? `, or ${d}` : ""}`,
};

/** N08: decode looks a remote port up near its own base first. Source: launch.md §2.2. */
export const n08: Rule<Topology, { prefill: number; decode: number; span: number }> = {
  id: "N08",
  level: "warning",
  *check(topology) {
    const { fields, path } = topology.kv.transfer;
    for (const [p, d] of pairs(topology)) {
      const [prefill, decode] = [basePort(fields, p), basePort(fields, d)];
      if (prefill === undefined || decode === undefined || prefill === decode) continue;
      const span = Math.max(ports(p), ports(d));
      const at = d.ports["kv_port"] === undefined ? [...path, "decode", "kv_port"] : [...d.path, "kv_port"];
      if (Math.abs(prefill - decode) < span)
        yield { at, subject: `${p.id} and ${d.id}`, data: { prefill, decode, span } };
    }
  },
  message: ({ prefill, decode, span }) =>
    `kv_port ${prefill} of prefill and ${decode} of decode are nearer than ${span}`,
  caret: ({ prefill, decode }) => `${Math.abs(prefill - decode)} apart`,
  remedy: ({ prefill, span }) => `kv_port: ${prefill} on both sides, or ${prefill + span} and more on decode`,
};

const ports = ({ engine: { parallel } }: Instance): number => parallel.dp * parallel.tp * parallel.pp * parallel.pcp;

function basePort(
  fields: Readonly<Record<Role, Readonly<Record<string, unknown>>>>,
  instance: Instance,
): number | undefined {
  const base = instance.ports["kv_port"] ?? fields[instance.role]["kv_port"];
  return typeof base === "number" ? base : undefined;
}
