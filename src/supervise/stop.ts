import type { Session } from "../nodes/session.ts";
import { ask } from "./ask.ts";
import type { Scripts } from "./scripts.ts";
import type { Stopped } from "./supervise.ts";

const AFTER_GRACE_MS = 30_000; // SIGKILL, two empty scans, containers removed; the node counts the grace itself

/** What `stop` is made of, also where the node does it by itself. */
export const STOPPING = ["halt", "stop"] as const;

export interface StopAsk {
  readonly stateDir: string;
  /** Empty: every service that was ever started here. */
  readonly services: readonly string[];
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
}

/** SIGTERM, at most `graceMs`, SIGKILL, then looks until two scans agree; all services at once. Says what it saw, not what it hopes. */
export async function stop(
  session: Session,
  { stateDir, services, graceMs }: StopAsk,
  scripts: Scripts,
  signal: AbortSignal,
): Promise<readonly Stopped[]> {
  const answer = await ask(session, scripts, {
    script: ["proc", "gate", "fence", ...STOPPING],
    changes: ["stop", ...services],
    values: { PD_STATE: stateDir, PD_SERVICES: services, PD_GRACE_MS: String(graceMs) },
    deadlineMs: graceMs + AFTER_GRACE_MS,
    signal,
  });
  const named = services.length > 0 ? services : [...new Set(answer.map(([, service = ""]) => service))];
  return named.map((service): Stopped => {
    const mine = answer.filter(([, name]) => name === service);
    const left = mine
      .filter(([state]) => state === "left")
      .map(([, , pid, command = ""]) => ({ pid: Number(pid), command }));
    if (left.length > 0) return { service, state: "left", left };
    return { service, state: mine.some(([state]) => state === "gone") ? "gone" : "unknown", left };
  });
}
