/** What can be asked of a plan beside the plan itself, as values: each is worked out from the one plan, and shown by report/. */

/** One value that differs; null: it is not there. */
export interface FieldChange {
  /** `--max-num-seqs`, `env UCX_TLS`, `proxy.json prefill_policy`, `devices`, `nodes a2-1 ip`. */
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface ServiceChange {
  readonly service: string;
  readonly node: string;
  readonly kind: "added" | "removed" | "changed";
  /** Of a changed one only. */
  readonly fields: readonly FieldChange[];
}

export interface PlanDiff {
  /** In the order of the later plan, those that are gone last. */
  readonly services: readonly ServiceChange[];
  /** What differs beside the services. */
  readonly cluster: readonly FieldChange[];
}

/** Who has to reach which ports of a node. TCP all of them; a node reaches itself without being let in. */
export interface Passage {
  /** Node that listens. */
  readonly to: string;
  /** Nodes that dial; null: clients, wherever they are. */
  readonly from: readonly string[] | null;
  /** Inclusive. */
  readonly first: number;
  readonly last: number;
  readonly purpose: string;
  /** The kernel chooses: any port of its range may be the one. */
  readonly kernel?: boolean;
}

/** One run of ports on one node, and whose it is. */
export interface PortRow {
  readonly node: string;
  /** Inclusive. */
  readonly first: number;
  readonly last: number;
  readonly purpose: string;
  /** A service's or instance's id; of a drawn range, the connector's name. */
  readonly owner: string;
  /** Address it is bound on; null: nobody listens there for sure. */
  readonly bind: string | null;
  /** `listens`; `starts`: only while its group starts; `kept`: free for its group; `drawn`: at random; `kernel`: wherever the kernel puts it. */
  readonly state: "listens" | "starts" | "kept" | "drawn" | "kernel";
}

/** What a model's config says about one instance, per device; bytes. Null: something that it needs is not known. */
export interface InstanceCapacity {
  readonly instance: string;
  readonly role: "prefill" | "decode";
  readonly weightBytes: number | null;
  readonly kvBytesPerToken: number;
  /** Of the smallest device. */
  readonly memoryBytes: number | null;
  /** What vLLM may take of it. */
  readonly budgetBytes: number | null;
  /** Per engine, as activations and graphs leave less. */
  readonly kvTokensAtMost: number | null;
  /** Tokens of the longest request. */
  readonly longest: number | null;
}

export interface Capacity {
  readonly instances: readonly InstanceCapacity[];
  readonly transfer: {
    readonly bytesPerToken: number;
    /** Of the slowest interface that is declared. */
    readonly gbps: number | null;
    /** For a thousand tokens of a prompt, at line rate. */
    readonly secondsPerThousand: number | null;
  };
  /** Parts of the model that are not counted. */
  readonly leftOut: readonly string[];
}
