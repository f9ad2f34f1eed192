import type { Session } from "../../nodes/session.ts";
import { LEASE_S, lines } from "../../supervise/index.ts";

export interface StepAsk {
  /** Text of its launch script. */
  readonly launch: string;
  /** Lines of `NAME='value'` for the launch script; empty: none. */
  readonly secrets: string;
  readonly cluster: string;
  readonly generation: number;
  /** State directory of the node, and a directory in it that is this run's own. */
  readonly stateDir: string;
  readonly directory: string;
  readonly limitMs: number;
}

export interface StepEnd {
  /** null: its time was over. */
  readonly exit: number | null;
  /** What it wrote last, a line each. */
  readonly lines: readonly string[];
  /** Text of the file that it was told to write; undefined: it wrote none. */
  readonly result: string | undefined;
}

/** Runs the step on its node to its end. When the signal fires or the link breaks, nothing of it is left there. */
export async function runStep(
  session: Session,
  { launch, secrets, cluster, generation, stateDir, directory, limitMs }: StepAsk,
  template: string,
  heard: (text: string) => void,
  signal: AbortSignal,
): Promise<StepEnd> {
  const values = {
    PD_LAUNCH: launch,
    PD_SECRETS: secrets,
    PD_CLUSTER: cluster,
    PD_GENERATION: String(generation),
    PD_STATE: stateDir,
    PD_DIR: directory,
    PD_SECONDS: String(Math.ceil(limitMs / 1000)),
    PD_LEASE_S: LEASE_S,
  };
  const said: string[] = [];
  let [exit, result]: [number | null, string | undefined] = [null, undefined];
  for await (const line of lines(session.stream({ script: template, values, signal, what: "the benchmark" }))) {
    const [, word, text = ""] = /^(\w+)\t?(.*)$/.exec(line) ?? [];
    if (word === "at") heard(text);
    if (word === "line" && text.trim() !== "") said.push(text);
    if (word === "result") result = text;
    if (word === "exit") exit = Number(text);
  }
  return { exit, lines: said, result };
}
