import type { AnyRule, Rule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
import { argNumber } from "../pairs.ts";
import { speaks } from "../proxies.ts";

/** A13: files are where their node is, unless the directory is a mount. Source: vLLM 0.32, example_connector.py. */
const a13: Rule<Topology, { path: string }> = {
  id: "A13",
  level: "error",
  *check({ kv, instances }) {
    const { shared_storage: shared, shared_storage_path: path } = kv.transfer.fields.prefill;
    const nodes = new Set(instances.flatMap((instance) => instance.nodes));
    if (shared !== true && nodes.size > 1)
      yield { at: [...kv.transfer.path, "shared_storage_path"], data: { path: String(path) } };
  },
  message: ({ path }) => `${path} is a directory of each node, unless it is one mount: decode would find nothing`,
  remedy: () => ["shared_storage: true, where all nodes mount it", "or all instances on one node"],
};

/** A15: it saves a prompt with its first step, of which decode then finds too little. Source: vLLM 0.32 on a CPU; example_connector.py, build_connector_meta. */
const a15: Rule<Topology, { instance: string; longest: string; step: string }> = {
  id: "A15",
  level: "error",
  *check({ instances }) {
    for (const instance of instances) {
      const [longest, step] = [argNumber(instance, "max-model-len"), argNumber(instance, "max-num-batched-tokens")];
      if (instance.engine.kind !== "vllm" || (step !== undefined && step >= (longest ?? Number.POSITIVE_INFINITY)))
        continue;
      const data = {
        instance: instance.id,
        longest: String(longest ?? "not written"),
        step: String(step ?? "not written"),
      };
      const key = step === undefined ? [] : ["max-num-batched-tokens"];
      yield { at: [...instance.path, "args", ...key], subject: instance.id, data };
    }
  },
  message: ({ instance, longest, step }) =>
    `${instance} may prefill a prompt in several steps, and example keeps the first alone (max-model-len ${longest}, max-num-batched-tokens ${step})`,
  remedy: ({ longest }) =>
    longest === "not written"
      ? "engine.args: { max-model-len: N, max-num-batched-tokens: N }"
      : `engine.args: { max-num-batched-tokens: ${longest} }`,
};

export const rules: readonly AnyRule<Topology>[] = [speaks("example"), a13, a15];
