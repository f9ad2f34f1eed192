import type { Cause } from "../diagnose/cause.ts";
import type { JudgedTopology } from "../plan/facts/judged.ts";
import type { AnyRule } from "../topology/rule.ts";
import type { Env, Topology } from "../topology/topology.ts";

/** One accelerator: what it needs, whoever uses it. No connector is named here. What it does not have is left out. */
export interface Hardware {
  readonly name: string;
  /** The accelerator that it is a generation of, itself where it is none: rules and connectors go by this. */
  readonly family: string;
  /** For people: what it is. */
  readonly about: string;
  /** Devices of a node, where the generation decides it; unset: the topology has to say. */
  readonly devices?: number;
  /** GiB of one device, where the generation has one size; unset: nodes[].device_memory_gib says it. */
  readonly memoryGib?: number;
  /** Variable that limits an engine to its devices, comma separated. */
  readonly visibility?: string;
  /** Other variables that would select devices too: managed, never to be set by the user. */
  readonly alsoVisibility?: readonly string[];
  /** Each gets the node's interface. */
  readonly interfaces: readonly string[];
  /** Each gets the node's address. */
  readonly addresses: readonly string[];
  /** Sourced first where they exist; they read unset names. */
  readonly vendorScripts: readonly string[];
  readonly env: Env;
  /** `docker run` flags; the device subset is made by the visibility variable alone. */
  readonly container: (ids: readonly string[]) => readonly string[];
  /** What vLLM takes as block size when nothing is said; unset: version dependent. */
  readonly blockSize?: number;
  /** `kv_buffer_device` values that connectors may choose from; the first is the device's own. */
  readonly kvBufferDevices: readonly string[];
  /** Variables that must be equal on all ranks of a group. */
  readonly sameInGroup: readonly string[];
  readonly causes: readonly Cause[];
  readonly rules: readonly AnyRule<Topology>[];
  /** Stage facts: once the nodes have been asked. */
  readonly factsRules?: readonly AnyRule<JudgedTopology>[];
  /** Script of templates/gather that lists its devices, by its name there. */
  readonly lists?: string;
  /** Part of a device's memory that is in use while nobody uses it, at most; unset: 0.05. */
  readonly idleShare?: number;
  /** vLLM's plug-in for it: the Python module, and the package whose version must be that of vLLM. */
  readonly plugin?: { readonly module: string; readonly package: string; readonly pairs: boolean };
}
