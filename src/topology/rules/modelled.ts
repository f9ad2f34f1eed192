import type { ModelConfig } from "../../facts/model-config.ts";
import type { Topology } from "../topology.ts";

/** What the rules of stage model see: the topology, and what the model's `config.json` says. */
export interface Modelled {
  readonly topology: Topology;
  readonly model: ModelConfig;
}
