import type { Facts } from "../../facts/facts.ts";
import type { ModelConfig } from "../../facts/model-config.ts";
import type { Topology } from "../../topology/topology.ts";
import type { Plan } from "../plan.ts";

/** What the rules of stage facts see: the plan, what the nodes said, and what is pdctl's own already. */
export interface Judged {
  /** Unset: the plan was read from a file, and only what it says itself can be judged. */
  readonly topology?: Topology;
  readonly plan: Plan;
  readonly facts: readonly Facts[];
  /** `node port` of services of this cluster that run and stay or will be stopped first. */
  readonly ours: ReadonlySet<string>;
  /** Who holds a port that is not ours, as far as the node tells: `node port` → `python3 (pid 812, user li)`. */
  readonly holders: ReadonlyMap<string, string>;
  /** `node device` of services of this cluster that run. */
  readonly ourDevices: ReadonlySet<string>;
  /** What the model's config says, where a node could read it. */
  readonly model?: ModelConfig;
  /** Crossings that no answer came from, or that a firewall refused; unset: nobody has asked. */
  readonly filtered?: readonly Filtered[];
  /** Other clusters of the same user that live on nodes of the plan; unset: nobody has asked. */
  readonly others?: readonly OtherCluster[];
  /** Where this plan keeps KV, by node. */
  readonly directories?: ReadonlyMap<string, readonly string[]>;
}

/** Another cluster on a node of the plan, and what it takes there. */
export interface OtherCluster {
  readonly node: string;
  readonly cluster: string;
  readonly owner: string;
  readonly ports: readonly { readonly port: number; readonly service: string }[];
  readonly devices: readonly string[];
  readonly directories: readonly string[];
}

/** The same, where the topology is at hand: for rules of connectors and accelerators, which read what the user wrote. */
export type JudgedTopology = Judged & { readonly topology: Topology };

/** A way between two nodes that the cluster needs. */
export interface Crossing {
  readonly from: string;
  readonly to: string;
  readonly ip: string;
  /** A run of ports of one service. */
  readonly first: number;
  readonly last: number;
  readonly purpose: string;
}

export interface Filtered extends Crossing {
  /** What the sender saw: `no answer in 3s`, `No route to host`. */
  readonly why: string;
}
