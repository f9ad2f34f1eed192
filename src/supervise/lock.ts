import { int, looseObject, optional, safeParse, string } from "zod/mini";
import { UserError } from "../errors.ts";
import type { Session } from "../nodes/session.ts";
import { LEASE_S } from "./lease.ts";
import { lines } from "./lines.ts";
import { type Scripts, script } from "./scripts.ts";
import type { Holder, Lock } from "./supervise.ts";

export interface LockAsk {
  readonly cluster: string;
  readonly holder: Holder;
  /** How long to wait for somebody else's run; default 0. */
  readonly waitMs?: number;
  /** This run may have it already, under another of the node's names: that is as good. */
  readonly shared?: boolean;
  /** Called about once a second while waiting. */
  readonly onWait?: (held: Held) => void;
  /** Default: `/var/tmp/pdctl-<uid>` on the node, which is never on a network file system. */
  readonly directory?: string;
}

/** What the node says of whoever has the lock; `silentMs` since the last sign of life, `heldMs` since it was taken. */
export interface Held {
  readonly holder: Holder;
  readonly silentMs: number;
  readonly heldMs: number;
}

/**
 * Takes the node's lock of a cluster. It lives on a channel of its own: when the connection goes, so does the lock, at the latest 30 s
 * after the launcher's last sign. Throws `lock.held`.
 */
export async function lock(
  session: Session,
  { cluster, holder, waitMs = 0, shared = false, onWait, directory = "" }: LockAsk,
  scripts: Scripts,
  signal: AbortSignal,
): Promise<Lock> {
  const { node } = session;
  const over = new AbortController();
  const values = {
    PD_DIR: directory,
    PD_NAME: cluster,
    PD_WAIT_MS: String(waitMs),
    PD_LEASE_S: LEASE_S,
    PD_HOLDER: JSON.stringify(holder),
  };
  // The lock must outlive the signal: an interrupted run still has to undo things under it. Until we have it, the signal counts.
  const waiting = () => over.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener("abort", waiting, { once: true });
  const records = lines(
    session.stream({ script: script(scripts, "proc", "gate", "lock"), values, signal: over.signal, what: "lock" }),
  );
  let last: Held | undefined;
  try {
    for (;;) {
      const { done, value = "" } = await records.next();
      const [what = "", first = "", second = "", ...rest] = value.split("\t");
      if (what === "locked") return held(node, records, over);
      if (what === "refused")
        throw new UserError("node.unfit", { node, why: first, remedy: "look whose it is, then move it away" });
      if (done) throw lockHeld(node, cluster, holder.verb, last);
      const other = readHolder(rest.join("\t"));
      if (shared && other?.run === holder.run) {
        over.abort(new Error("held already"));
        await records.return(undefined);
        return { node, lost: new Promise(() => undefined), release: async () => undefined };
      }
      last = other && { holder: other, silentMs: Math.max(0, Number(first)), heldMs: Math.max(0, Number(second)) };
      if (last !== undefined) onWait?.(last);
    }
  } catch (error) {
    over.abort(error);
    await records.return(undefined);
    throw error;
  } finally {
    signal.removeEventListener("abort", waiting);
  }
}

function held(node: string, records: AsyncGenerator<string, void>, over: AbortController): Lock {
  let released = false;
  const end = records.next().then(
    () => new UserError("node.lost", { node, address: node, why: "the lock's script ended" }),
    (error: Error) => error,
  );
  return {
    node,
    lost: new Promise((resolve) => void end.then((error) => !released && resolve(error))),
    release: async () => {
      released = true;
      over.abort(new Error("released"));
      await end;
    },
  };
}

function lockHeld(node: string, cluster: string, wants: string, last: Held | undefined): UserError {
  const { owner = "somebody", verb = "?", since = "?", pid = 0, link } = last?.holder ?? {};
  return new UserError("lock.held", {
    node,
    cluster,
    holder: owner,
    verb,
    since,
    pid,
    wants,
    ...(last !== undefined && { silentMs: last.silentMs, heldMs: last.heldMs }),
    ...(link !== undefined && { link }),
  });
}

const shape = looseObject({
  owner: string(),
  verb: string(),
  since: string(),
  pid: int(),
  run: optional(string()),
  link: optional(string()),
});

/** undefined = taken this very moment, its file is still empty. */
function readHolder(text: string): Holder | undefined {
  try {
    const { success, data } = safeParse(shape, JSON.parse(text));
    if (!success) return undefined;
    const { owner, verb, since, pid, run = "", link } = data;
    return { owner, verb, since, pid, run, ...(link !== undefined && { link }) };
  } catch {
    return undefined;
  }
}
