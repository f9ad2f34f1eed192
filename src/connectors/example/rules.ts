import type { AnyRule, Rule } from "../../topology/rule.ts";
import type { Topology } from "../../topology/topology.ts";
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

export const rules: readonly AnyRule<Topology>[] = [speaks("example"), a13];
