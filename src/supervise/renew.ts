import type { Session } from "../nodes/session.ts";
import { ask } from "./ask.ts";
import { parcel, stored } from "./put.ts";
import { FORGETTING } from "./remains.ts";
import { type Scripts, script } from "./scripts.ts";
import { STOPPING } from "./stop.ts";

const ANSWER_MS = 20_000;

export interface RenewAsk {
  readonly stateDir: string;
  readonly cluster: string;
  /** Unset: as long as before, from now on; null: for ever. */
  readonly ttlMs?: number | null;
  /** Between SIGTERM and SIGKILL, when it is over. */
  readonly graceMs: number;
}

/**
 * Says how long what runs on the node may stay without a launcher. A watcher there, of pdctl's own and with nothing of it in its
 * environment, takes it down when that time is over and no launcher holds the lock.
 */
export async function renew(
  session: Session,
  { stateDir, cluster, ttlMs, graceMs }: RenewAsk,
  scripts: Scripts,
  signal: AbortSignal,
): Promise<void> {
  const watch = stored(stateDir, script(scripts, "proc", "gate", "lease", "ttl"));
  const stop = stored(stateDir, script(scripts, "proc", ...STOPPING));
  const forget = stored(stateDir, script(scripts, "proc", "gate", ...FORGETTING));
  const { values, input } = await parcel(session, [watch, stop, forget], scripts, signal);
  await ask(session, scripts, {
    script: ["proc", "gate", "fence", "lease", "put", "renew"],
    changes: ["renew"],
    values: {
      ...values,
      PD_ASK: "",
      PD_STATE: stateDir,
      PD_NAME: cluster,
      PD_TTL_MS: ttlMs === undefined ? "" : String(ttlMs ?? 0),
      PD_GRACE_MS: String(graceMs),
      PD_WATCH: watch.path,
      PD_STOP: stop.path,
      PD_FORGET: forget.path,
    },
    input,
    deadlineMs: ANSWER_MS,
    signal,
  });
}
