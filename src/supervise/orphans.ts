import type { Session } from "../nodes/session.ts";
import { ask } from "./ask.ts";
import { readState } from "./records.ts";
import type { Scripts } from "./scripts.ts";
import type { NodeState } from "./supervise.ts";

const ANSWER_MS = 30_000;
const AFTER_GRACE_MS = 20_000; // SIGKILL and what it takes to be gone; the node counts the grace itself

/** A process with pdctl's mark, whosever it is. */
export interface MarkedProcess {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: with the pid its identity. */
  readonly start: number;
  readonly user: string;
  /** It runs as the user who asks. */
  readonly own: boolean;
  readonly seconds: number;
  readonly stateDir: string;
  readonly cluster: string;
  readonly generation: number;
  readonly service: string;
  readonly command: string;
}

export interface StateRun {
  readonly stateDir: string;
  readonly generation: number;
  readonly service: string;
  readonly life: "alive" | "dead" | "unstarted";
}

/** pid: null = cannot be read. */
export interface Listening {
  readonly port: number;
  readonly pid: number | null;
  readonly user: string;
  readonly command: string;
}

/** What a node tells of every cluster and of whoever stands in one's way, without a word on what is right. */
export interface Traces {
  readonly processes: readonly MarkedProcess[];
  readonly states: readonly { readonly stateDir: string; readonly state: NodeState }[];
  readonly runs: readonly StateRun[];
  readonly listening: readonly Listening[];
  /** Of the pids that were asked for, those that are there. */
  readonly holders: readonly { readonly pid: number; readonly user: string; readonly command: string }[];
}

export async function traces(
  session: Session,
  { ports, pids }: { readonly ports: readonly number[]; readonly pids: readonly number[] },
  scripts: Scripts,
  signal: AbortSignal,
): Promise<Traces> {
  const records = await ask(session, scripts, {
    script: ["proc", "gate", "states", "lease", "probe", "orphans"],
    values: { PD_STATE: "/", PD_NAME: "", PD_PORTS: ports.map(String), PD_PIDS: pids.map(String) },
    deadlineMs: ANSWER_MS,
    signal,
  });
  const of = (kind: string) => records.filter(([first]) => first === kind).map(([, ...fields]) => fields);
  const [me = ""] = of("uid")[0] ?? [];
  return {
    processes: of("process").map(([pid, start, uid, user = "", age, stateDir = "", run = "", command = ""]) => {
      const [cluster = "", generation, service = ""] = run.split("/");
      const identity = { pid: Number(pid), start: Number(start), user, own: uid === me, seconds: Number(age) };
      return { ...identity, stateDir, cluster, generation: Number(generation), service, command };
    }),
    states: of("state").flatMap(([stateDir = "", ...text]) => {
      const state = readState(text.join("\t"));
      return state === undefined ? [] : [{ stateDir, state }];
    }),
    runs: of("run").map(([stateDir = "", run = "", life]) => {
      const [generation, service = ""] = run.split("/");
      return { stateDir, generation: Number(generation), service, life: life as StateRun["life"] }; // our own script's word
    }),
    listening: of("port").map(([port, pid, user = "", command = ""]) => {
      return { port: Number(port), pid: pid === "?" ? null : Number(pid), user, command };
    }),
    holders: of("holder").map(([pid, user = "", command = ""]) => ({ pid: Number(pid), user, command })),
  };
}

/** Ends processes that still are who they were, run as this user, and carry the mark. Returns what stays. */
export async function end(
  session: Session,
  { processes, graceMs, stateDir }: EndAsk,
  scripts: Scripts,
  signal: AbortSignal,
): Promise<readonly { readonly pid: number; readonly command: string }[]> {
  const records = await ask(session, scripts, {
    script: ["proc", "gate", "fence", "end"],
    changes: ["end", ...processes.map(({ cluster, generation, service }) => `${cluster}/${generation}/${service}`)],
    values: {
      PD_STATE: stateDir,
      PD_PIDS: processes.map(({ pid, start }) => `${pid} ${start}`),
      PD_GRACE_MS: String(graceMs),
    },
    deadlineMs: graceMs + AFTER_GRACE_MS,
    signal,
  });
  return records.map(([, pid, command = ""]) => ({ pid: Number(pid), command }));
}

export interface EndAsk {
  readonly processes: readonly MarkedProcess[];
  readonly graceMs: number;
  /** Of the cluster under whose lock it is done: its audit gets the line. */
  readonly stateDir: string;
}
