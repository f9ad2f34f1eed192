import type { Session } from "../nodes/session.ts";
import { ask } from "./ask.ts";
import type { Scripts } from "./scripts.ts";

const ANSWER_MS = 10_000;

/** What one service has to do with some TCP ports: its own listeners, and its connections to them on any node. */
export interface Meeting {
  readonly service: string;
  readonly listens: readonly number[];
  readonly joined: readonly number[];
  /** Asked for a connection, and nobody has answered yet. */
  readonly dials: readonly number[];
}

/** The node's services whose sockets can be read, and how they stand to these ports. */
export async function meets(
  session: Session,
  { stateDir, ports }: { stateDir: string; ports: readonly number[] },
  scripts: Scripts,
  signal: AbortSignal,
): Promise<readonly Meeting[]> {
  const records = await ask(session, scripts, {
    script: ["proc", "meets"],
    values: { PD_STATE: stateDir, PD_PORTS: ports.map(String) },
    deadlineMs: ANSWER_MS,
    signal,
  });
  const of = (kind: string, service: string) =>
    records.filter(([first, who]) => first === kind && who === service).map(([, , port]) => Number(port));
  return records
    .filter(([kind]) => kind === "seen")
    .map(([, service = ""]) => ({
      service,
      listens: of("listens", service),
      joined: of("joined", service),
      dials: of("dials", service),
    }));
}
