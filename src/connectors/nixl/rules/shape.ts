import type { Rule } from "../../../topology/rule.ts";
import type { Instance, Topology } from "../../../topology/topology.ts";
import { argNumber, hardwareOf, pairs } from "../../pairs.ts";

type Layout = "HND" | "NHD" | undefined;

/** What vLLM lays out with NIXL when nothing is written; elsewhere it depends on the version. Source: launch.md §10.5, X08. */
const unset: Readonly<Record<string, Layout>> = { cuda: "HND", rocm: "HND" };

const layout = (topology: Topology, instance: Instance): Layout =>
  instance.engine.kvLayout ?? unset[hardwareOf(topology, instance)];

const blockSize = (instance: Instance) => argNumber(instance, "block-size");

/** X03: decode can turn HND into NHD, not the other way round. Source: launch.md §3.2, handshake checks. */
export const x03: Rule<Topology, { prefill: string; decode: string }> = {
  id: "X03",
  level: "error",
  *check(topology) {
    for (const [p, d] of pairs(topology)) {
      const [prefill, decode] = [layout(topology, p), layout(topology, d)];
      if (prefill !== "NHD" || decode !== "HND") continue;
      yield {
        at: [...(d.engine.kvLayout === undefined ? p : d).path, "kv_layout"],
        subject: `${p.id} and ${d.id}`,
        data: { prefill, decode },
      };
    }
  },
  message: ({ prefill, decode }) => `kv_layout ${prefill} → ${decode} cannot be permuted`,
  caret: () => "only HND → NHD can",
  remedy: () => "kv_layout: HND on both sides, or HND on prefill and NHD on decode",
};

/** X04: a decode block holds whole prefill blocks. Source: launch.md §3.2, handshake checks. */
export const x04: Rule<Topology, { prefill: number; decode: number; why: string }> = {
  id: "X04",
  level: "error",
  *check(topology) {
    for (const [p, d] of pairs(topology)) {
      const [prefill, decode] = [blockSize(p), blockSize(d)];
      if (prefill === undefined || decode === undefined) continue; // the engine's default is a fact, judged in that stage
      const why = refusal(topology, p, d, decode / prefill);
      if (why !== undefined)
        yield { at: [...d.path, "args", "block-size"], subject: `${p.id} and ${d.id}`, data: { prefill, decode, why } };
    }
  },
  message: ({ prefill, decode, why }) => `block-size ${prefill} → ${decode} is not allowed: ${why}`,
  caret: ({ prefill, decode }) =>
    `${decode} = ${decode / prefill === Math.trunc(decode / prefill) ? decode / prefill : (decode / prefill).toFixed(2)} × ${prefill}`,
  remedy: ({ prefill }) => `block-size: ${prefill} on both sides`,
};

function refusal(topology: Topology, p: Instance, d: Instance, ratio: number): string | undefined {
  if (!Number.isInteger(ratio)) return "a decode block must hold whole prefill blocks";
  const buffer =
    topology.kv.transfer.fields.decode["kv_buffer_device"] ?? (hardwareOf(topology, d) === "cpu" ? "cpu" : undefined);
  if (ratio > 1 && buffer === "cpu") return "a host buffer needs equal blocks";
  return ratio > 1 && p.engine.parallel.tp > d.engine.parallel.tp
    ? "prefill may not have the larger tp then"
    : undefined;
}

/** The layout and block pairs of CUDA with Gaudi that were measured. Source: launch.md §3.2; C17: they are that pair's alone. */
const validated = ["NHD/NHD 64/64", "HND/NHD 16/128"];

/** X05: other pairs may work; nobody has said so. Source: launch.md §3.2. */
export const x05: Rule<Topology, { pair: string }> = {
  id: "X05",
  level: "warning",
  *check(topology) {
    for (const [p, d] of pairs(topology)) {
      if (hardwareOf(topology, p) !== "cuda" || hardwareOf(topology, d) !== "gaudi") continue;
      const known = [layout(topology, p), layout(topology, d), blockSize(p), blockSize(d)];
      if (known.includes(undefined)) continue;
      const pair = `${known[0]}/${known[1]} ${known[2]}/${known[3]}`;
      if (!validated.includes(pair))
        yield { at: [...d.path, "args", "block-size"], subject: `${p.id} and ${d.id}`, data: { pair } };
    }
  },
  message: ({ pair }) => `layout and block size ${pair} were not validated between CUDA and Gaudi`,
  caret: () => `validated: ${validated.join(", ")}`,
  remedy: () => [
    "kv_layout: HND and block-size: 16 on prefill, NHD and 128 on decode",
    "or kv_layout: NHD and block-size: 64 on both",
  ],
};

/** X08: each rank of one side has whole ranks of the other as partners. Source: launch.md §3.2, handshake checks. */
export const x08: Rule<Topology, { prefill: string; decode: string; p: number; d: number; whole: boolean }> = {
  id: "X08",
  level: "error",
  *check(topology) {
    for (const [prefill, decode] of pairs(topology)) {
      const [p, d] = [prefill.engine.parallel.tp, decode.engine.parallel.tp];
      const whole = p % d === 0 || d % p === 0;
      if (p === d || (whole && mayBeHnd(topology, prefill))) continue;
      yield {
        at: whole ? [...prefill.path, "kv_layout"] : [...decode.path, "parallel", "tp"],
        subject: `${prefill.id} and ${decode.id}`,
        data: { prefill: prefill.id, decode: decode.id, p, d, whole },
      };
    }
  },
  message: ({ prefill, decode, p, d, whole }) =>
    whole
      ? `${prefill} has tp ${p} and ${decode} tp ${d}, which needs layout HND on prefill`
      : `${prefill} has tp ${p} and ${decode} tp ${d}, and neither divides the other`,
  remedy: ({ p, whole }) =>
    whole
      ? ["prefill.kv_layout: HND", "or the same tp on both sides"]
      : `tp: ${p} on both sides, or a multiple of it on decode`,
};

/** Gaudi lays out NHD unless told otherwise; where nothing is known, nothing is said. */
function mayBeHnd(topology: Topology, instance: Instance): boolean {
  const known = layout(topology, instance) ?? (hardwareOf(topology, instance) === "gaudi" ? "NHD" : undefined);
  return known !== "NHD";
}

/** P13: pulled KV comes from one pipeline stage and goes to one. Source: launch.md §3.2, handshake checks. */
export const p13: Rule<Topology, { instance: string; what: string; remedy: readonly string[] }> = {
  id: "P13",
  level: "error",
  *check({ instances, kv }) {
    for (const { id, role, engine, path, nodes } of instances) {
      const { pp, dp, dpLb = "internal" } = engine.parallel;
      if (pp > 1)
        yield {
          at: [...path, "parallel", "pp"],
          subject: id,
          data: { instance: id, what: `pp ${pp}`, remedy: ["pp: 1", `or tp: ${pp} times as much`] },
        };
      // the proxy tells decode one host for the ranks behind an endpoint
      else if (kv.transfer.fields[role]["mode"] === "push" && role === "prefill" && spread(dp, dpLb, nodes))
        yield {
          at: [...path, "parallel", "dp_lb"],
          subject: id,
          data: { instance: id, what: `ranks on ${nodes.length} nodes behind one endpoint`, remedy: ["dp_lb: hybrid"] },
        };
    }
  },
  message: ({ instance, what }) => `${instance} has ${what}, which NIXL does not support`,
  remedy: ({ remedy }) => remedy,
};

const spread = (dp: number, dpLb: string, nodes: readonly string[]): boolean =>
  dp > 1 && dpLb === "internal" && nodes.length > 1;
