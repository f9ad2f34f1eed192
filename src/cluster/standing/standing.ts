import type { NodeAddress } from "../../nodes/session.ts";
import type { Found, GaveUp, Other } from "../../supervise/supervise.ts";
import type { Evidence, NodeWord, ServiceWord } from "../events.ts";

/** What the launcher remembers of a cluster: where its nodes are. Everything else is on the nodes. */
export interface Known {
  readonly cluster: string;
  /** The topology file as it was named at `up`, for messages. */
  readonly file: string | null;
  readonly nodes: readonly (NodeAddress & { readonly stateDir: string; readonly ip: string })[];
}

/** What the nodes' own state lists: enough for status, logs, smoke and down without a plan. */
export interface Standing {
  readonly cluster: string;
  readonly generation: number;
  /** Whose the nodes' own files say it is; more than one only after an `--adopt` that was cut off. */
  readonly owners: readonly { readonly node: string; readonly owner: string }[];
  /** What the newest `up` planned; empty: no node tells. */
  readonly planned: readonly string[];
  readonly nodes: readonly StandingNode[];
  readonly services: readonly (Found & { readonly node: string })[];
  /** All nodes of the cluster, as the newest `up` wrote them down; unset: no node tells. */
  readonly members?: Known["nodes"];
  /** How long it may stay without a launcher, ms, and how much of that is left where least is; unset: for ever. */
  readonly lease?: { readonly ttlMs: number; readonly leftMs: number };
  /** Groups that nobody starts again any more, after too many failures; unset: none. */
  readonly gaveUp?: readonly GaveUp[];
  /** Other clusters of the same user on these nodes; unset: not asked for. */
  readonly others?: readonly (Other & { readonly node: string })[];
}

export interface StandingNode {
  readonly node: string;
  readonly state: NodeWord;
  readonly why?: string;
}

/** What `status` knows; the table and the JSON are made from it. */
export interface StatusReport {
  readonly cluster: string;
  readonly generation: number;
  readonly state: "healthy" | "starting" | "degraded, serving" | "degraded, not serving" | "absent" | "unknown";
  readonly nodes: readonly StandingNode[];
  readonly endpoints: { readonly prefill: readonly [number, number]; readonly decode: readonly [number, number] };
  readonly proxy: ServiceWord;
  readonly services: readonly StatusRow[];
  readonly serve?: string;
  readonly proven?: { readonly secondsAgo: number; readonly evidence: Evidence };
  readonly rehearsal: boolean;
  /** The nodes take it down by themselves after `leftSeconds`, unless somebody renews that. */
  readonly lease?: { readonly ttlSeconds: number; readonly leftSeconds: number };
}

export interface StatusRow {
  readonly service: string;
  readonly kind: "engine" | "proxy" | "side";
  readonly role: "prefill" | "decode" | null;
  readonly group: string;
  readonly state: ServiceWord;
  readonly node: string;
  readonly ranks: readonly number[];
  readonly devices: readonly string[];
  readonly port: number | null;
  readonly kvPorts: readonly number[];
  readonly sinceSeconds: number | null;
  readonly note: string | null;
  readonly code: string | null;
  readonly pid: number | null;
  readonly rssBytes: number | null;
  readonly restarts: number;
  readonly hash: string;
  /** What a side service counts, where it was asked. */
  readonly gauges?: readonly Gauge[];
}

export interface Gauge {
  readonly name: string;
  readonly value: number;
  readonly unit?: "bytes";
}

/** One line of `plan --changes`. */
export interface Change {
  /** `change`: told anew while it runs on. */
  readonly kind: "blocked" | "stop" | "restart" | "change" | "start" | "keep";
  readonly services: readonly string[];
  readonly why: string;
}
