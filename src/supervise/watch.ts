import type { Session } from "../nodes/session.ts";
import { LEASE_S } from "./lease.ts";
import { lines } from "./lines.ts";
import { readExit } from "./records.ts";
import { type Scripts, script } from "./scripts.ts";
import type { WatchEvent } from "./supervise.ts";

export interface WatchAsk {
  readonly stateDir: string;
  readonly services: readonly { readonly service: string; readonly generation: number }[];
  /** Also new lines of their logs, from now on. */
  readonly logs?: boolean;
}

/** What becomes of these services, as it happens. An exit with `exit: null` = nobody was left to see how it ended. */
export async function* watch(
  session: Session,
  { stateDir, services, logs = false }: WatchAsk,
  scripts: Scripts,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent, void> {
  const runs = services.map(({ service, generation }) => `${generation}/${service}`);
  const values = { PD_STATE: stateDir, PD_RUNS: runs, PD_LOGS: logs ? "1" : "", PD_LEASE_S: LEASE_S };
  const stream = session.stream({ script: script(scripts, "proc", "probe", "watch"), values, signal, what: "watch" });
  for await (const line of lines(stream)) {
    const event = read(line);
    if (event !== undefined) yield event;
  }
}

function read(line: string): WatchEvent | undefined {
  const [type, run = "", ...rest] = line.split("\t");
  const service = run.slice(run.indexOf("/") + 1);
  if (type === "beat") return { type };
  if (type === "ready") return { type, service };
  if (type === "log") return { type, service, line: rest.join("\t") };
  if (type !== "exit") return undefined;
  const { exit = null, signal = null, atMs = null } = readExit(rest.join("\t")) ?? {};
  return { type, service, exit, signal, atMs };
}
