import type { AnyRule } from "../rule.ts";
import type { Topology } from "../topology.ts";

/** What can be judged from the topology alone and belongs to no connector and no accelerator. Source: launch.md §10. */
export const topologyRules: readonly AnyRule<Topology>[] = [];
