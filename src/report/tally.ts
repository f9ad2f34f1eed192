import type { BenchData } from "../cluster/bench/data.ts";
import type { ReceiptData } from "../cluster/down/data.ts";
import type {
  ChangesData,
  ClusterEvent,
  FindingData,
  NodeWord,
  Phase,
  PhaseData,
  ProgressData,
  ProofData,
  ResultData,
  ServiceWord,
  StartData,
} from "../cluster/events.ts";
import type { OrphanData } from "../cluster/orphans/data.ts";
import type { Level } from "../topology/rule.ts";
import type { Places } from "../words/names.ts";

/** What a person wants at a glance, folded from the events of one run. Times are ms since the epoch. */
export interface Tally {
  readonly verb: string;
  /** Phases that will come: shown as waiting while the engines load. */
  readonly expects: readonly Phase[];
  /** For paths on the launcher. */
  readonly places: Places;
  readonly cluster: string;
  readonly generation: number;
  readonly start?: StartData;
  readonly startedAt: number;
  /** In the order in which they were first heard of. */
  readonly phases: ReadonlyMap<Phase, PhaseRow>;
  readonly services: ReadonlyMap<string, ServiceRow>;
  readonly nodes: ReadonlyMap<string, NodeRow>;
  readonly findings: readonly Found[];
  readonly progress?: ProgressData;
  readonly proof?: ProofData;
  readonly bench?: BenchData;
  readonly receipt?: ReceiptData;
  /** What `orphans` found, the last word on each. */
  readonly orphans: readonly OrphanData[];
  readonly changes?: ChangesData;
  readonly result?: ResultData;
}

export interface PhaseRow extends PhaseData {
  readonly since: number;
}
export interface ServiceRow {
  readonly state: ServiceWord;
  readonly node: string;
  readonly phase?: Phase;
  /** How far it is, and since when it has said so. */
  readonly progress?: string;
  readonly progressSince: number;
  readonly since: number;
  /** It was started by this run, not found running. */
  readonly started: boolean;
}
export interface NodeRow {
  readonly state: NodeWord;
  readonly since: number;
  /** It was lost and came back: for how long, ms. */
  readonly backAfter?: number;
}
export interface Found {
  readonly level: Level | "info";
  readonly code?: string;
  readonly phase?: Phase;
  readonly service?: string;
  readonly node?: string;
  readonly data: FindingData;
}

export type Beginning = Partial<Pick<Tally, "expects" | "places">>;

/** Before the first event. */
export const begin = (verb: string, { expects = [], places = {} }: Beginning = {}): Tally => ({
  verb,
  expects,
  places,
  cluster: "",
  generation: 0,
  startedAt: 0,
  phases: new Map(),
  services: new Map(),
  nodes: new Map(),
  findings: [],
  orphans: [],
});

export function tally(before: Tally, event: ClusterEvent): Tally {
  const at = Date.parse(event.time);
  const now = { ...before, cluster: event.cluster, generation: event.generation, startedAt: before.startedAt || at };
  switch (event.type) {
    case "start":
      return { ...now, start: event.data, startedAt: at };
    case "phase":
      return event.phase === undefined ? now : { ...now, phases: phaseHeard(before, event.phase, event.data, at) };
    case "node":
      return event.node === undefined ? now : { ...now, nodes: nodeHeard(before, event.node, event.data.state, at) };
    case "service":
      return event.service === undefined ? now : { ...now, services: serviceHeard(before, event.service, event, at) };
    case "progress":
      return { ...now, progress: event.data };
    case "finding": {
      const { level, code, phase, service, node, data } = event;
      const about = {
        ...(code && { code }),
        ...(phase && { phase }),
        ...(service && { service }),
        ...(node && { node }),
      };
      return { ...now, findings: [...before.findings, { level, data, ...about }] };
    }
    case "proof":
      return { ...now, proof: event.data };
    case "bench":
      return { ...now, bench: event.data };
    case "receipt":
      return { ...now, receipt: event.data };
    case "changes":
      return { ...now, changes: event.data };
    case "orphan":
      return { ...now, orphans: [...before.orphans.filter((one) => !sameOrphan(one, event.data)), event.data] };
    case "result":
      return { ...now, result: event.data };
    case "log":
      return now;
  }
}

const sameOrphan = (one: OrphanData, other: OrphanData) =>
  one.node === other.node && one.kind === other.kind && one.pids.join() === other.pids.join() && one.why === other.why;

function phaseHeard({ phases }: Tally, phase: Phase, data: PhaseData, at: number): Tally["phases"] {
  const known = phases.get(phase);
  const since = known !== undefined && known.state === data.state ? known.since : at;
  const kept = known?.state === data.state ? known : {}; // a second word about a running phase keeps what it does not repeat
  return new Map(phases).set(phase, { ...kept, ...data, since });
}

function nodeHeard({ nodes }: Tally, node: string, state: NodeWord, at: number): Tally["nodes"] {
  const known = nodes.get(node);
  if (known?.state === state) return nodes;
  const back = known?.state === "lost" && state === "reached" ? { backAfter: at - known.since } : {};
  return new Map(nodes).set(node, { state, since: at, ...back });
}

function serviceHeard(
  { services }: Tally,
  id: string,
  event: ClusterEvent & { type: "service" },
  at: number,
): Tally["services"] {
  const { data, node, phase } = event;
  const known = services.get(id);
  const where = phase ?? known?.phase;
  const progress = data.progress ?? (known?.state === data.state ? known.progress : undefined);
  return new Map(services).set(id, {
    state: data.state,
    node: node ?? known?.node ?? "",
    since: known?.state === data.state ? known.since : at,
    progressSince: known?.progress === progress && known?.state === data.state ? known.progressSince : at,
    started: known?.started === true || (data.state === "starting" && data.kept !== true),
    ...(where && { phase: where }),
    ...(progress !== undefined && { progress }),
  });
}

const ENGINE = /^(?:prefill|decode)-.+-\d+$/;
export const isEngine = (id: string) => ENGINE.test(id);
export const enginesOf = ({ services }: Tally) => [...services].filter(([id]) => isEngine(id));
