import { appendFile, mkdir } from "node:fs/promises";
import path from "node:path";
import { UserError } from "../errors.ts";
import type { Answer, Call, Session } from "../nodes/session.ts";
import type { Run } from "./run.ts";
import { finding } from "./verb.ts";

const FENCED = 97; // of templates/supervise/fence.sh: another run holds the lock, or nobody

/** Under whose lock a verb changes things, and what of it is written down. */
export interface Warrant {
  readonly cluster: string;
  readonly verb: string;
  /** Hash of the plan that is carried out; of a verb without one, that of what runs. */
  readonly plan: string | null;
}

/**
 * The one door to every change on a node: it goes through only while this run holds the node's lock, and leaves a line with who, from
 * where, what, under which plan and with which result, in the node's state and in the launcher's `CLUSTER/audit.log`. No value of an argument or
 * a variable is in it.
 */
export function guarded(session: Session, warrant: Warrant, run: Run): Session {
  return {
    ...session,
    call: (ask) => (ask.changes === undefined ? session.call(ask) : change(session, ask, warrant, run)),
  };
}

async function change(session: Session, ask: Call, warrant: Warrant, run: Run): Promise<Answer> {
  const [does = "", ...what] = ask.changes ?? [];
  const line = { run: run.id, who: run.owner, verb: warrant.verb, plan: warrant.plan, does, what };
  const values = {
    PD_NAME: warrant.cluster,
    PD_FENCE: run.id,
    PD_AUDIT: JSON.stringify(line).slice(0, -1),
    ...ask.values,
  };
  const write = (result: string) => audit({ ...line, cluster: warrant.cluster, node: session.node, result }, run);
  let answer: Answer;
  try {
    answer = await session.call({ ...ask, values });
  } catch (error) {
    await write(error instanceof UserError ? error.code : "interrupted");
    throw error;
  }
  await write(answer.exit === FENCED ? "fenced" : answer.exit === 0 ? "done" : `exit ${answer.exit}`);
  if (answer.exit !== FENCED) return answer;
  throw new UserError("lock.lost", { node: session.node, change: [does, ...what].join(" ") });
}

/** A disk that is full here is no reason to leave a cluster half changed: it is said, once. */
const unwritten = new WeakSet<Run>();

async function audit(line: Readonly<Record<string, unknown>> & { readonly cluster: string }, run: Run): Promise<void> {
  const directory = path.join(run.stateHome, line.cluster);
  const file = path.join(directory, "audit.log");
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await appendFile(file, `${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`, { mode: 0o600 });
  } catch (error) {
    if (unwritten.has(run)) return;
    unwritten.add(run);
    const data = { title: `${file} was not written`, why: (error as Error).message };
    run.emit({ ...finding(data), level: "warning" });
  }
}
