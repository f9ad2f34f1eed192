import type { Level } from "../topology/rule.ts";
import type { BenchData } from "./bench/data.ts";
import type { ReceiptData } from "./down/data.ts";
import type { OrphanData } from "./orphans/data.ts";
import type { Change } from "./standing/standing.ts";

/**
 * What the verbs emit; every output (terminal, plain lines, JSON, NDJSON) is a fold over these. Node and service names are
 * full ids, never folded; seconds and bytes are plain numbers. The last event of a run is always `result`.
 */
export interface EventHead {
  readonly schema: "pdctl.event/1";
  /** 1, 2, 3 … without a gap within a run. */
  readonly seq: number;
  /** When the launcher learned of it. ISO 8601, UTC. */
  readonly time: string;
  readonly run: string;
  readonly generation: number;
  readonly cluster: string;
}

export type Phase =
  | "connect"
  | "check"
  | "setup"
  | "pull"
  | "push"
  | "side"
  | "engines"
  | "proxy"
  | "smoke"
  | "bench"
  | "logs"
  | "decode"
  | "prefill"
  | "verify"
  | "down";

/** The words of a service's state, and no others. */
export type ServiceWord = "waiting" | "starting" | "loading" | "ready" | "died" | "stopped" | "absent" | "unknown";
export type NodeWord = "reached" | "unreachable" | "refused" | "lost";
export type Evidence = "counter" | "log" | "store" | "none";

interface Body<Type extends string, Data> {
  readonly type: Type;
  readonly level: Level | "info";
  readonly phase?: Phase;
  readonly node?: string;
  readonly service?: string;
  readonly code?: string;
  readonly data: Data;
}

export type EventBody =
  | Body<"start", StartData>
  | Body<"phase", PhaseData>
  | Body<"node", { readonly state: NodeWord; readonly why?: string; readonly seconds?: number }>
  | Body<"service", ServiceData>
  | Body<"progress", ProgressData>
  | Body<"finding", FindingData>
  | Body<"proof", ProofData>
  | Body<"bench", BenchData>
  | Body<"receipt", ReceiptData>
  | Body<"orphan", OrphanData>
  | Body<"changes", ChangesData>
  | Body<"log", { readonly line: string; readonly pdctl?: boolean }>
  | Body<"result", ResultData>;

export type ClusterEvent = EventHead & EventBody;

/** What the verb is about to change of what runs, service by service, each with its reason. */
export interface ChangesData {
  readonly changes: readonly Change[];
  /** What clients have to do without meanwhile: `no prefill serves while prefill-0 restarts`. */
  readonly outage?: string;
}

export interface StartData {
  readonly verb: string;
  readonly version: string;
  readonly plan: string | null;
  readonly services: number;
  readonly engines: number;
  readonly nodes: number;
  /** File as the user named it, for the plain lines' first one. */
  readonly file?: string;
  readonly rehearsal?: boolean;
}

export interface PhaseData {
  readonly state: "waiting" | "running" | "done" | "failed";
  readonly seconds?: number;
  /** Facts of the phase, ready to be put into its one line: `4 of 4 nodes, lock on a2-1`. */
  readonly text?: string;
  /** What a waiting phase waits for: `6 engines`, `the proxy`. */
  readonly awaits?: string;
  readonly limitSeconds?: number;
}

export interface ServiceData {
  readonly state: ServiceWord;
  /** Found so, not made so: it ran before this verb and stays. */
  readonly kept?: true;
  readonly from?: ServiceWord;
  /** How far a loading engine is, in its own words: `31 of 46 shards`. */
  readonly progress?: string;
  readonly pid?: number;
  readonly seconds?: number;
  readonly exit?: number | null;
  readonly signal?: string | null;
}

export interface ProgressData {
  readonly ready: number;
  readonly of: number;
  readonly seconds: number;
  readonly limit: number;
  readonly behind: readonly string[];
  readonly text: string;
}

/** An error card: labels in the order of ux.md §1. */
export interface FindingData {
  readonly title: string;
  readonly where?: string;
  /** The machine's own words, verbatim; the first error line, or up to ten lines from it on. */
  readonly why?: string | readonly string[];
  /** pdctl's reading; the code goes into the event's `code`. */
  readonly cause?: string;
  readonly do?: readonly string[];
  readonly then?: string;
  readonly kept?: string;
  readonly log?: string;
  readonly exit?: number | null;
  readonly signal?: string | null;
  /** The last lines of the log, for JSON and JUnit; the terminal shows `why`. */
  readonly tail?: readonly string[];
  /** Nodes or services that share this card. */
  readonly subjects?: readonly string[];
  /** Of `check`: its name in the table. With level info, the title is what was found in order. */
  readonly check?: string;
  /** `check --fix` can put it right. */
  readonly fix?: boolean;
  /** Of `check --fix`: no finding but what it would write, as root. */
  readonly mending?: boolean;
}

export interface ProofData {
  readonly evidence: Evidence;
  readonly requests: number;
  readonly prompt_tokens: number;
  readonly from_prefill: number;
  readonly bytes?: number;
  /** Covered slots of how many. */
  readonly covered: { readonly prefill: readonly [number, number]; readonly decode: readonly [number, number] };
  readonly endpoints: { readonly prefill: readonly [number, number]; readonly decode: readonly [number, number] };
  /** Of a rehearsal: prefill endpoints that handed KV to decode endpoints, of all pairs. */
  readonly paths?: readonly [number, number];
  readonly uncovered: readonly string[];
  readonly answers: readonly [number, number]; // right of compared
  readonly same_answer: boolean;
  /** Median milliseconds. */
  readonly latency?: {
    readonly prefill?: number;
    readonly transfer?: number;
    readonly decode?: number;
    readonly total: number;
    readonly first: number;
  };
  /** Time to first token of the first request, ms. */
  readonly ttft?: number;
}

export interface ResultData {
  readonly verb: string;
  readonly exit: number;
  readonly state:
    | "healthy"
    | "starting"
    | "degraded, serving"
    | "degraded, not serving"
    | "absent"
    | "unknown"
    | "gone";
  readonly seconds: number;
  /**
   * The closing sentence without sign, duration and exit: `is up`, `is not up · 4 of 8 engines ready`. One that starts with
   * `is`, `has` or `was` gets the cluster's name in front; others name it themselves (`the rehearsal of ascend-moe went through`).
   */
  readonly verdict: string;
  /** The verdict says its time itself, or has none (`nothing to take down: …`): no duration is put after it. */
  readonly untimed?: boolean;
  readonly serve?: string;
  readonly model?: string;
  readonly proof?: string;
  readonly kept?: string;
  readonly then?: string;
  readonly receipt?: string;
  /** What the proof cannot show, of a rehearsal. */
  readonly not?: string;
  /** Commands that can be pasted, and nothing else. */
  readonly next: readonly string[];
  /** What a command of `next` does: `pdctl up` → `starts prefill-0 again, keeps the rest`. */
  readonly nextWhy?: Readonly<Record<string, string>>;
}
