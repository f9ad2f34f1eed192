import type { Role } from "../topology/topology.ts";
import type { Engine } from "./commands/engine.ts";
import type { FoundProxy } from "./commands/proxy-command.ts";
import type { Bench, Master } from "./commands/side-commands.ts";
import type { Config } from "./files.ts";
import type { Spot } from "./remark.ts";

/** All that a source starts, and the files that it reads. */
export interface SetUp {
  readonly engines: readonly Engine[];
  readonly proxies: readonly FoundProxy[];
  readonly masters: readonly Master[];
  readonly benches: readonly Bench[];
  readonly configs: readonly Config[];
  /** Machine that the benchmark or a request names as the proxy's. */
  readonly front?: string;
  /** Where remarks go that are about the whole. */
  readonly at: Spot;
}

/** What the text does not say. */
export interface Given {
  readonly name?: string;
  readonly nodes: readonly GivenNode[];
  readonly proxyNode?: string;
  /** The source's own proxy in the place of pdctl's. */
  readonly keepProxy?: boolean;
}

export interface GivenNode {
  readonly name: string;
  /** Where SSH goes; what the source calls this machine is this, the name or `as`. */
  readonly host: string;
  readonly hardware?: string;
  readonly devices?: number;
  readonly nic?: string;
  /** Engines of this role that no text places run here. */
  readonly role?: Role;
}

/** An engine that has its role and its machine. */
export interface Placed extends Engine {
  readonly role: Role;
  /** Name of the node. */
  readonly node: string;
}
