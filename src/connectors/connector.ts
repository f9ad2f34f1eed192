import type { ZodType } from "zod";
import type { Cause } from "../diagnose/cause.ts";
import type { Drift } from "../era.ts";
import type { Hardware } from "../hardware/hardware.ts";
import type { JudgedTopology } from "../plan/facts/judged.ts";
import type { Plan } from "../plan/plan.ts";
import type { ProxyConfig, Target } from "../proxy/config.ts";
import type { Probe } from "../supervise/supervise.ts";
import type { AnyRule } from "../topology/rule.ts";
import type { Modelled } from "../topology/rules/modelled.ts";
import type { Env, Instance, Json, Role, Topology } from "../topology/topology.ts";

/**
 * claims → grants → emit. `claims` owns the port formulas, the planner the numbers, `emit` turns granted numbers into text.
 * Pure: values in, values out. A path on the node is `{ file: NAME }`, resolved by the planner alone.
 */
export interface Connector<Fields = Record<string, unknown>, Port extends string = string> {
  readonly name: string;
  /** Its part of `kv.transfer` or `kv.cache`, without `connector`, `roles`, `prefill`, `decode`. */
  readonly fields: ZodType<Fields>;
  /** Families of accelerators that it runs on; A12 speaks on others. Unset: rules of its own know. */
  readonly hardware?: readonly string[];
  /** May stand under kv.transfer, under kv.cache, or both. */
  readonly uses: readonly ("transfer" | "cache")[];
  claims(instance: Instance, fields: Fields): readonly PortSpan<Port>[];
  /** Once per engine process. */
  emit(context: EmitContext<Fields, Port>): Emitted;
  /** What pdctl's own proxy has to know of an endpoint before its first request; asked with the engine process that answers there. */
  target?(context: EmitContext<Fields, Port>): KvTarget;
  /** Once per cluster. `fields` of the prefill role; both roles' fields are in the topology, whose nodes have their `ip`. */
  shared(fields: Fields, topology: Topology, versions: Readonly<Record<string, string>>): Shared;
  /** Variables that it sets itself → the topology key that decides them; a user may not set them. */
  readonly managedEnv: ReadonlyMap<string, string>;
  /** Its fields for a rehearsal, when real ones would touch real data; `scratch` is made before and removed after. */
  rehearse?(fields: Fields, cluster: string): { readonly fields: Fields; readonly scratch: readonly string[] };
  /** With this environment its data path may listen on TCP ports that the kernel chooses; unset: it never does. */
  kernelPorts?(env: Env): boolean;
  /** Engines of the other role must be restarted with an instance (their handshake state would be stale). */
  readonly restartsPeers: boolean;
  /** What changed in packages that it writes for. */
  readonly drift?: readonly Drift[];
  readonly causes: readonly Cause[];
  /** Stage topology. */
  readonly rules: readonly AnyRule<Topology>[];
  /** Stage plan. */
  readonly planRules: readonly AnyRule<{ topology: Topology; plan: Plan }>[];
  /** Stage model: once the model's config has been read. */
  readonly modelRules?: readonly AnyRule<Modelled>[];
  /** Stage facts: once the nodes have been asked. */
  readonly factsRules?: readonly AnyRule<JudgedTopology>[];
  /** What the nodes of its engines are asked, beside what every node is asked. */
  asks?(fields: Fields): ConnectorQuestion;
}

export interface ConnectorQuestion {
  /** Directories in which it keeps KV. */
  readonly directories?: readonly string[];
  /** Python modules that an engine imports for it; of several in one entry, one is enough. */
  readonly modules?: readonly (readonly string[])[];
}

/** Of a proxy's target: where the connector behind an endpoint is. */
export type KvTarget = Omit<Target, "url" | "role" | "slots">;

/** A named run of ports an instance needs on each of its nodes: same first port everywhere. */
export interface PortSpan<Port extends string = string> {
  readonly name: Port;
  /** The topology key that pins it, for messages: `side_channel_port`. */
  readonly key: string;
  readonly base: number;
  readonly span: number;
  /** Which of the span's ports one engine process binds, and as what: offsets from the granted first port. */
  readonly binds: (process: {
    readonly ranks: readonly number[];
    readonly parallel: Instance["engine"]["parallel"];
    /** Of an engine that spans nodes: which part of it this process is; unset: the whole engine. */
    readonly part?: { readonly index: number; readonly of: number };
  }) => readonly number[];
  readonly purpose: string;
  /** Address the listener binds; unset: the node's ip. */
  readonly bind?: string;
}

export interface Grant {
  readonly first: number;
  readonly last: number;
}

export interface EmitContext<Fields, Port extends string> {
  readonly engine: {
    readonly id: string;
    readonly role: Role;
    readonly kvLayout: "HND" | "NHD" | undefined;
    readonly hardware: Hardware;
    readonly ranks: readonly number[];
    readonly parallel: Instance["engine"]["parallel"];
    readonly node: { readonly name: string; readonly ip: string; readonly nic: string };
    /** The port on which it answers; none behind another one's. */
    readonly http?: number;
  };
  /** Address of the proxy's node, where engines say to the proxy that they are there; unset: it is told. */
  readonly proxyIp?: string;
  readonly fields: Fields;
  readonly grants: Readonly<Record<Port, Grant>>;
  /** Engines of the other role. */
  readonly peers: readonly {
    readonly kvLayout: "HND" | "NHD" | undefined;
    readonly hardware: Hardware;
    readonly parallel: Instance["engine"]["parallel"];
  }[];
  /** Parallel sizes of each role, as the connector's extra config wants them (the first instance of the role). */
  readonly sizes: Readonly<Record<Role, Instance["engine"]["parallel"]>>;
  /** Where the connector's side services are: name → address. */
  readonly services: Readonly<Record<string, { readonly ip: string; readonly port: number }>>;
  /** Version of vllm or of its plugin when known; undefined: render the conservative subset. */
  readonly versions: Readonly<Record<string, string>>;
}

/** A JSON value in which `{ file: NAME }` stands for the absolute path of one of the emitted files. */
export type WithFiles = Json | { readonly file: string } | readonly WithFiles[] | { readonly [key: string]: WithFiles };

export interface Emitted {
  /** The KVTransferConfig object. */
  readonly kv: { readonly [key: string]: WithFiles };
  readonly env: Readonly<Record<string, string | { readonly file: string }>> | Env;
  readonly files: readonly EmittedFile[];
}

export interface EmittedFile {
  readonly name: string;
  /** Written as JSON or YAML by render/. */
  readonly format: "json" | "yaml";
  readonly value: Json;
}

export interface SideService {
  readonly name: string;
  /** Topology node it runs on. */
  readonly node: string;
  readonly argv: readonly string[];
  /** Python environment whose programs come first in PATH; `~` is the home on the node. */
  readonly venv?: string;
  readonly env: Env;
  readonly listens: readonly { readonly port: number; readonly purpose: string }[];
  readonly ready: readonly Probe[];
  readonly gauges?: Gauges;
}

/** Samples of a service's Prometheus page that `status --wide` shows. */
export interface Gauges {
  readonly url: string;
  readonly shows: readonly { readonly sample: string; readonly name: string; readonly unit?: "bytes" }[];
}

export interface Shared {
  readonly services: readonly SideService[];
  readonly proxy: Pick<ProxyConfig, "family" | "kv_hold_seconds" | "length_capped" | "resume_recomputed">;
  /** Port of the proxy at which the engines say where they are; unset: the proxy is told where. */
  readonly discovery?: number;
  /** Whether decode may serve a request that prefill never saw. */
  readonly decodeAlone: boolean;
  readonly proof: Proof;
  /** Port ranges its library draws from at random, per node: nothing else may listen there. */
  readonly reserves: (node: {
    readonly hardware: Hardware;
    readonly devices: readonly string[];
  }) => readonly { readonly first: number; readonly last: number; readonly purpose: string }[];
}

/** How `smoke` sees that KV moved, best first. */
export interface Proof {
  /** Metric names on the decode engine that must rise, the first of them by prompt tokens; those that must not. */
  readonly rises: readonly string[];
  readonly tokens: string;
  readonly stays: readonly string[];
  /** Log line of decode. */
  readonly log?: string;
  /** Directories in which new files appear. */
  readonly store?: readonly string[];
}
