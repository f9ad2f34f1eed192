import type { Rule } from "../../../topology/rule.ts";
import type { Topology } from "../../../topology/topology.ts";
import { argNumber, hardwareOf, pairs } from "../../pairs.ts";

/** `kv_buffer_device` values that NIXL takes on each accelerator; the first is the device's own memory. Source: launch.md §3.2. */
export const buffers: Readonly<Record<string, readonly string[]>> = {
  cuda: ["cuda", "cpu"],
  rocm: ["cuda", "cpu"],
  gaudi: ["hpu", "cpu"],
  cpu: ["cpu"],
};

/** X01: the way from Gaudi to CUDA is young. Source: launch.md §4.5. */
export const x01: Rule<Topology, { prefill: string; decode: string; tried: boolean }> = {
  id: "X01",
  level: "error",
  *check(topology) {
    const tried = topology.experimental.includes("gaudi-prefill");
    for (const [p, d] of pairs(topology)) {
      if (hardwareOf(topology, p) !== "gaudi" || hardwareOf(topology, d) !== "cuda") continue;
      const data = { prefill: p.id, decode: d.id, tried };
      yield { at: [...p.path, "nodes"], subject: p.id, data, ...(tried && { level: "warning" as const }) };
    }
  },
  message: ({ prefill, decode }) =>
    `${prefill} prefills on Gaudi for ${decode} on CUDA, which the reference set-up does not support`,
  remedy: ({ tried }) =>
    tried
      ? ["prefill.args.enable-prefix-caching: false", "vllm-gaudi 0.24 or later on the prefill nodes"]
      : [
          "prefill.nodes: the CUDA ones, decode.nodes: the Gaudi ones",
          "or experimental: [gaudi-prefill], with vllm-gaudi 0.24 or later",
        ],
};

/** X02: pairs of accelerators between which nobody has seen NIXL move KV. Source: launch.md §3.2, §10.5. */
export const x02: Rule<Topology, { from: string; to: string }> = {
  id: "X02",
  level: "error",
  *check(topology) {
    for (const [p, d] of pairs(topology)) {
      const [from, to] = [hardwareOf(topology, p), hardwareOf(topology, d)];
      const known = buffers[from] !== undefined && buffers[to] !== undefined;
      const both = new Set([from, to]);
      if (known && (both.size === 1 || (both.has("cuda") && both.has("gaudi")))) continue; // X01 has the other direction
      yield { at: [...topology.kv.transfer.path, "connector"], subject: `${p.id} and ${d.id}`, data: { from, to } };
    }
  },
  message: ({ from, to }) => `no NIXL path is known from ${from} to ${to}`,
  remedy: ({ from, to }) => [
    "prefill.nodes and decode.nodes: of one accelerator, or cuda for prefill and gaudi for decode",
    ...([from, to].includes("ascend") ? ["or kv.transfer.connector: mooncake-ascend, ucm"] : []),
  ],
};

/** X06: the compatibility hash holds the attention backend, which differs between accelerators. Source: launch.md §3.2. */
export const x06: Rule<Topology, { prefill: string; decode: string }> = {
  id: "X06",
  level: "error",
  *check(topology) {
    const { fields, path } = topology.kv.transfer;
    if ((["prefill", "decode"] as const).every((role) => fields[role]["enforce_handshake_compat"] === false)) return;
    for (const [p, d] of pairs(topology)) {
      const [prefill, decode] = [hardwareOf(topology, p), hardwareOf(topology, d)];
      if (prefill === decode) continue;
      yield { at: [...path, "enforce_handshake_compat"], subject: `${p.id} and ${d.id}`, data: { prefill, decode } };
    }
  },
  message: ({ prefill, decode }) =>
    `NIXL refuses the first handshake of ${prefill} and ${decode}: their compatibility hashes differ`,
  remedy: () => "kv.transfer.enforce_handshake_compat: false",
};

/** X07: the memory that NIXL registers has to exist. Source: launch.md §3.2. */
export const x07: Rule<Topology, { instance: string; value: string; hardware: string; list: readonly string[] }> = {
  id: "X07",
  level: "error",
  *check(topology) {
    const { fields, path } = topology.kv.transfer;
    for (const instance of topology.instances) {
      const value = fields[instance.role]["kv_buffer_device"];
      const hardware = hardwareOf(topology, instance);
      const list = buffers[hardware];
      if (typeof value !== "string" || list === undefined || list.includes(value)) continue;
      yield {
        at: [...path, "kv_buffer_device"],
        subject: instance.id,
        data: { instance: instance.id, value, hardware, list },
      };
    }
  },
  message: ({ instance, value, hardware }) =>
    `${instance} is on ${hardware}, where no kv_buffer_device ${value} exists`,
  remedy: ({ list }) => [`kv_buffer_device: ${list.join(" or ")}`, "or leave it out"],
};

const CPU_BLOCK = 32;

/** X13: the attention of a CPU has blocks of this many tokens, or of a multiple. Source: vllm-cpu.md §4. */
export const x13: Rule<Topology, { instance: string; size: number }> = {
  id: "X13",
  level: "error",
  *check(topology) {
    for (const instance of topology.instances) {
      const size = argNumber(instance, "block-size");
      if (hardwareOf(topology, instance) !== "cpu" || instance.engine.kind === "sim" || size === undefined) continue;
      if (size % CPU_BLOCK !== 0)
        yield {
          at: [...instance.path, "args", "block-size"],
          subject: instance.id,
          data: { instance: instance.id, size },
        };
    }
  },
  message: ({ instance, size }) => `${instance} is on a CPU, where NIXL has no blocks of ${size} tokens`,
  remedy: ({ size }) => `block-size: ${Math.max(1, Math.round(size / CPU_BLOCK)) * CPU_BLOCK}`,
};
