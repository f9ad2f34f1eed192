import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ClusterEvent, EventBody, Phase, ProofData, ResultData, ServiceWord } from "../../src/cluster/events.ts";
import { type Beginning, begin, type Tally, tally } from "../../src/report/tally.ts";

/** A screen as the surface's specification shows it, line by line. */
export function screen(name: string): string[] {
  const text = readFileSync(join(import.meta.dirname, "fixtures", `${name}.txt`), "utf8");
  return text.replace(/\n$/, "").split("\n");
}

export interface Telling {
  readonly cluster?: string;
  readonly generation?: number;
}

/** Events of one run, told with the clock: `at("10:02:11", {…})`. */
export class Story {
  readonly events: ClusterEvent[] = [];
  readonly #telling: Required<Telling>;
  constructor({ cluster = "ascend-moe", generation = 1 }: Telling = {}) {
    this.#telling = { cluster, generation };
  }

  at(time: string, ...bodies: EventBody[]): this {
    for (const body of bodies) {
      const head = {
        schema: "pdctl.event/1",
        seq: this.events.length + 1,
        time: `2026-11-20T${time}${time.length > 8 ? "" : ".000"}Z`,
        run: "k3v9q2",
        ...this.#telling,
      } as const;
      this.events.push({ ...head, ...body });
    }
    return this;
  }

  told(verb = "up", beginning: Beginning = {}): Tally {
    return this.events.reduce(tally, begin(verb, beginning));
  }
}

export const ms = (time: string) => Date.parse(`2026-11-20T${time}.000Z`);

export const start = (data: Partial<Extract<EventBody, { type: "start" }>["data"]> = {}): EventBody => ({
  type: "start",
  level: "info",
  data: {
    verb: "up",
    version: "0.1.0",
    plan: "7c41e09b2d",
    services: 10,
    engines: 8,
    nodes: 4,
    file: "cluster.yaml",
    ...data,
  },
});

export const running = (phase: Phase, limitSeconds?: number): EventBody => ({
  type: "phase",
  phase,
  level: "info",
  data: { state: "running", ...(limitSeconds !== undefined && { limitSeconds }) },
});

export const done = (phase: Phase, seconds: number, text?: string): EventBody => ({
  type: "phase",
  phase,
  level: "info",
  data: { state: "done", seconds, ...(text !== undefined && { text }) },
});

export const service = (
  id: string,
  state: ServiceWord,
  more: { node?: string; progress?: string; seconds?: number; phase?: Phase } = {},
): EventBody => {
  const { node = nodeOf(id), progress, seconds, phase = "engines" } = more;
  const data = { state, ...(progress !== undefined && { progress }), ...(seconds !== undefined && { seconds }) };
  return { type: "service", phase, node, service: id, level: "info", data };
};

/** Where the engines of ascend-moe are. */
function nodeOf(id: string): string {
  const [, role, process = "0"] = /^(prefill|decode)-0-(\d)$/.exec(id) ?? [];
  if (role === undefined) return "a2-1";
  return `a2-${(role === "prefill" ? 1 : 3) + Math.floor(Number(process) / 2)}`;
}

export const engines = ["prefill", "decode"].flatMap((role) => [0, 1, 2, 3].map((process) => `${role}-0-${process}`));

export const proof: ProofData = {
  evidence: "counter",
  requests: 4,
  prompt_tokens: 4832,
  from_prefill: 4832,
  covered: { prefill: [4, 4], decode: [4, 4] },
  endpoints: { prefill: [4, 4], decode: [4, 4] },
  uncovered: [],
  answers: [4, 4],
  same_answer: true,
};

export const result = (data: Partial<ResultData>): ResultData => ({
  verb: "up",
  exit: 0,
  state: "healthy",
  seconds: 372,
  verdict: "is up",
  next: [],
  ...data,
});

export const ended = (data: Partial<ResultData>): EventBody => ({ type: "result", level: "info", data: result(data) });
