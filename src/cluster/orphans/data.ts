/** Something on a node that belongs to a cluster that is gone, or stands in the way of one. */
export interface OrphanData {
  /** `orphan`: proven pdctl's and this user's; `foreign`: another user's; `cluster`: runs as it should; `stranger`: not pdctl's, as far as can be seen. */
  readonly kind: "orphan" | "foreign" | "cluster" | "stranger";
  readonly node: string;
  readonly cluster: string | null;
  readonly service: string | null;
  readonly generation: number | null;
  /** As the state says, where there still is one: `user@machine` of the launcher. */
  readonly owner: string | null;
  /** Whose process it is on the node. */
  readonly user: string;
  readonly pids: readonly number[];
  /** Of the plan's. */
  readonly ports: readonly number[];
  readonly devices: readonly string[];
  /** Age of the oldest. */
  readonly seconds: number | null;
  readonly command: string;
  readonly why: string;
  /** `ended` by this very call; `left`: it outlived SIGKILL. */
  readonly state: "lives" | "ended" | "left";
}
