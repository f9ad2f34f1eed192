import type { Level, Rule } from "../../../topology/rule.ts";
import type { Instance, Topology } from "../../../topology/topology.ts";
import { hardwareOf, userEnv } from "../../pairs.ts";

interface Verdict {
  readonly why: string;
  readonly add: string;
  readonly level: Level;
}

/** X10: UCX uses what it is told and nothing else; a device it cannot reach is read byte by byte, or not at all. Source: launch.md §4.2–§4.5. */
export const x10: Rule<Topology, Verdict & { instance: string; value: string }> = {
  id: "X10",
  level: "error",
  *check(topology) {
    for (const instance of topology.instances) {
      for (const { node, value, at } of userEnv(topology, instance, "UCX_TLS")) {
        if (typeof value !== "string") continue;
        for (const verdict of verdicts(topology, instance, value)) {
          yield {
            at,
            subject: `${instance.id} on ${node}`,
            data: { ...verdict, instance: instance.id, value },
            level: verdict.level,
          };
        }
      }
    }
  },
  message: ({ instance, value, why }) => `${instance} has UCX_TLS=${value}: ${why}`,
  remedy: ({ add }) => add,
};

function* verdicts(topology: Topology, instance: Instance, value: string): Iterable<Verdict> {
  const has = transports(value);
  const hardware = hardwareOf(topology, instance);
  const onDevice = topology.kv.transfer.fields[instance.role]["kv_buffer_device"] !== "cpu";
  if (onDevice && hardware === "gaudi" && !has("gaudi_gdr"))
    yield {
      why: "without gaudi_gdr it does not reach the memory of the device",
      add: "gaudi_gdr in UCX_TLS",
      level: "error",
    };
  if (onDevice && hardware === "cuda" && !has("cuda_copy", "cuda"))
    yield {
      why: "without cuda_copy it does not reach the memory of the device",
      add: "cuda_copy in UCX_TLS",
      level: "error",
    };
  const apart = new Set(topology.instances.flatMap(({ nodes }) => nodes)).size > 1;
  if (apart && hardware !== "cpu" && !value.startsWith("^") && !has(...RDMA))
    yield { why: "no RDMA transport, so KV goes over TCP", add: "rc in UCX_TLS", level: "warning" };
  if (value.startsWith("^") && !has("cuda_ipc", "cuda") && mnnvl(topology, instance))
    yield {
      why: "it takes cuda_ipc out, which UCX_CUDA_IPC_ENABLE_MNNVL=y is about",
      add: "cuda_ipc out of the exclusion",
      level: "warning",
    };
}

const RDMA = [
  "ib",
  "rc",
  "ud",
  "dc",
  "rc_v",
  "rc_x",
  "rc_mlx5",
  "rc_verbs",
  "dc_x",
  "dc_mlx5",
  "ud_v",
  "ud_x",
  "ud_mlx5",
  "ud_verbs",
  "srd",
];

/** Whether UCX would use a transport under its name or alias: listed, `all`, or not in a list that starts with ^. */
function transports(value: string): (...names: string[]) => boolean {
  const excludes = value.startsWith("^");
  const listed = new Set(value.replace("^", "").split(","));
  return (...names) =>
    excludes ? names.every((name) => !listed.has(name)) : listed.has("all") || names.some((name) => listed.has(name));
}

function mnnvl(topology: Topology, instance: Instance): boolean {
  return [...userEnv(topology, instance, "UCX_CUDA_IPC_ENABLE_MNNVL")].some(
    ({ value }) => value === "y" || value === "1" || value === "yes",
  );
}

/** X12: the plug-in compares the text. Source: launch.md §4.5. */
export const x12: Rule<Topology, { instance: string; value: string }> = {
  id: "X12",
  level: "warning",
  *check(topology) {
    for (const instance of topology.instances) {
      if (hardwareOf(topology, instance) !== "gaudi") continue;
      for (const { value, at } of userEnv(topology, instance, "VLLM_HPU_HETERO_KV_LAYOUT")) {
        const text = typeof value === "string" ? value : "a list";
        if (text !== "true") yield { at, subject: instance.id, data: { instance: instance.id, value: text } };
      }
    }
  },
  message: ({ instance, value }) =>
    `${instance} has VLLM_HPU_HETERO_KV_LAYOUT=${value}, which vllm-gaudi does not take as true`,
  remedy: () => ['VLLM_HPU_HETERO_KV_LAYOUT: "true"', "or leave it out: it is set where the layouts need it"],
};
