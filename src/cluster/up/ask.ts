import type { Facts } from "../../facts/index.ts";
import type { Planned } from "../../plan/index.ts";
import type { Topology } from "../../topology/topology.ts";

export interface UpAsk {
  /** Codes of facts rules that the user has taken on himself. */
  readonly skip: readonly string[];
  /** What the plan was made of; unset: the plan was read from a file, and only what it says itself can be judged. */
  readonly topology?: Topology;
  readonly plan: (facts: readonly Facts[]) => Planned;
  /** As the user named it. */
  readonly file: string;
  readonly options: UpOptions;
  /** Of `restart`: roles, instances, engines, side services, and folded sets of them; nothing else is changed. */
  readonly again?: readonly string[];
}

export interface UpOptions {
  readonly rehearse: boolean;
  /** A rehearsal stays up instead of being taken down after its proof. */
  readonly keep: boolean;
  readonly onFailure: "keep" | "stop";
  readonly readyMs?: number;
  readonly waitLockMs: number;
  /** How long requests of what goes may take to end. */
  readonly drainMs: number;
  /** How long the nodes leave it up without a launcher; null: for ever; unset: as the topology says, else as before. */
  readonly ttlMs?: number | null;
  readonly smoke: boolean;
  readonly requireEvidence: boolean;
  readonly adopt: boolean;
  /** Values of the topology's secrets. */
  readonly secrets: Readonly<Record<string, string>>;
}
